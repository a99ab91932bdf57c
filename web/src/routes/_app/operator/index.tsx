// The first of the operators' pages.
import { createFileRoute, redirect } from "@tanstack/react-router";

export const Route = createFileRoute("/_app/operator/")({
  beforeLoad: () => {
    throw redirect({ to: "/operator/overview", replace: true });
  },
});
