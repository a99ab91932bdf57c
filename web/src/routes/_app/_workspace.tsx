// Everything that is looked at in one workspace. Which one stands in the address (`workspace`), so that a page can be sent to a
// colleague; where it does not, it is the one that was looked at last. Never here: a page.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect, retainSearchParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { textOf } from "../../lib/search";
import { sessionQuery } from "../../lib/session";
import { remember, usual, workspaceQuery, workspacesQuery } from "../../lib/workspace";
import { Broken } from "../../shell/Broken";
import { Shell } from "../../shell/Shell";

const LookBanner = lazy(() => import("../../shell/LookBanner"));

export const Route = createFileRoute("/_app/_workspace")({
  validateSearch: (search: Record<string, unknown>): { workspace?: string | undefined; look?: string | undefined } => ({
    workspace: textOf(search.workspace),
    look: textOf(search.look),
  }),
  search: { middlewares: [retainSearchParams(["workspace", "look"])] },
  beforeLoad: async ({ context, search, location }) => {
    const named = search.workspace;
    if (!named) {
      const workspaces = await context.client.ensureQueryData(workspacesQuery);
      const slug = usual(workspaces.data);
      if (!slug) throw redirect({ to: "/new-workspace" });
      throw redirect({ to: location.pathname, search: { ...search, workspace: slug }, replace: true });
    }
    const workspace = await context.client.ensureQueryData(workspaceQuery(named));
    const looking = search.look !== undefined;
    // A look is at one workspace: whoever goes on to another has not said there that they look.
    if (looking && !(search.look === workspace.id && context.session.user.operator)) {
      throw redirect({ to: location.pathname, search: { ...search, look: undefined }, replace: true });
    }
    if (looking) await (await import("../../lib/beginLook")).goOnLooking(workspace.id);
    else remember(workspace.slug);
    return { workspaceName: named, looking };
  },
  loader: ({ context }) => context.client.ensureQueryData(workspacesQuery),
  component: Workspace,
  errorComponent: Broken,
});

function Workspace() {
  const { workspaceName, looking } = Route.useRouteContext();
  const session = useSuspenseQuery(sessionQuery).data;
  const workspace = useSuspenseQuery(workspaceQuery(workspaceName)).data;
  const workspaces = useSuspenseQuery(workspacesQuery).data;
  // Whoever signs out is on the way to another page.
  if (!session) return null;
  const notice = looking ? (
    <Suspense fallback={null}>
      <LookBanner at={workspace} />
    </Suspense>
  ) : null;
  return <Shell session={session} workspaces={workspaces.data} workspace={workspace} notice={notice} />;
}
