// Everything that is looked at in one workspace. Which one stands in the address (`workspace`), so that a page can be sent to a
// colleague; where it does not, it is the one that was looked at last. Never here: a page.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect, retainSearchParams } from "@tanstack/react-router";
import { textOf } from "../../lib/search";
import { sessionQuery } from "../../lib/session";
import { remember, usual, workspaceQuery, workspacesQuery } from "../../lib/workspace";
import { Broken } from "../../shell/Broken";
import { Shell } from "../../shell/Shell";

export const Route = createFileRoute("/_app/_workspace")({
  validateSearch: (search: Record<string, unknown>): { workspace?: string | undefined } => ({
    workspace: textOf(search.workspace),
  }),
  search: { middlewares: [retainSearchParams(["workspace"])] },
  beforeLoad: async ({ context, search, location }) => {
    const named = search.workspace;
    if (!named) {
      const workspaces = await context.client.ensureQueryData(workspacesQuery);
      const slug = usual(workspaces.data);
      if (!slug) throw redirect({ to: "/new-workspace" });
      throw redirect({ to: location.pathname, search: { ...search, workspace: slug }, replace: true });
    }
    const workspace = await context.client.ensureQueryData(workspaceQuery(named));
    remember(workspace.slug);
    return { workspaceName: named };
  },
  loader: ({ context }) => context.client.ensureQueryData(workspacesQuery),
  component: Workspace,
  errorComponent: Broken,
});

function Workspace() {
  const { workspaceName } = Route.useRouteContext();
  const session = useSuspenseQuery(sessionQuery).data;
  const workspace = useSuspenseQuery(workspaceQuery(workspaceName)).data;
  const workspaces = useSuspenseQuery(workspacesQuery).data;
  // Whoever signs out is on the way to another page.
  if (!session) return null;
  return <Shell session={session} workspaces={workspaces.data} workspace={workspace} />;
}
