// The pages about the whole gateway, for operators. Nobody else is led here, and the server tells nobody else anything. Never here: a page.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound } from "@tanstack/react-router";
import { sessionQuery } from "../../lib/session";
import { workspacesQuery } from "../../lib/workspace";
import { Broken } from "../../shell/Broken";
import { HOUSE } from "../../shell/house";
import { Shell } from "../../shell/Shell";

export const Route = createFileRoute("/_app/operator")({
  codeSplitGroupings: [["loader", "component", "errorComponent"]],
  beforeLoad: ({ context }) => {
    if (!context.session.user.operator) throw notFound();
  },
  loader: ({ context }) => context.client.ensureQueryData(workspacesQuery),
  component: Operator,
  errorComponent: Broken,
});

function Operator() {
  const session = useSuspenseQuery(sessionQuery).data;
  const workspaces = useSuspenseQuery(workspacesQuery).data;
  // Whoever signs out is on the way to another page.
  if (!session) return null;
  return <Shell session={session} workspaces={workspaces.data} workspace={null} house={HOUSE} />;
}
