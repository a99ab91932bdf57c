// Everything that takes a session. Whoever has none signs in and comes back to where they wanted to go.
import { createFileRoute, Outlet, redirect } from "@tanstack/react-router";
import { isWhole, sessionQuery } from "../lib/session";
import { Broken } from "../shell/Broken";

export const Route = createFileRoute("/_app")({
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!isWhole(session)) throw redirect({ to: "/sign-in", search: { next: location.href } });
    return { session };
  },
  component: Outlet,
  errorComponent: Broken,
});
