// TEMP
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "../../../parts/Page";
export const Route = createFileRoute("/_app/_own/account")({ component: () => <Page title="Your account">x</Page> });
