// TEMP
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "../../../../parts/Page";
export const Route = createFileRoute("/_app/_workspace/keys/")({ component: () => <Page title="API keys">x</Page> });
