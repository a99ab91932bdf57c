// Pages that belong to the user and to no workspace. The frame shows the workspace that was looked at last.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { sessionQuery } from "../../lib/session";
import { usual, workspacesQuery } from "../../lib/workspace";
import { Shell } from "../../shell/Shell";

export const Route = createFileRoute("/_app/_own")({
  loader: ({ context }) => context.client.ensureQueryData(workspacesQuery),
  component: Own,
});

function Own() {
  const session = useSuspenseQuery(sessionQuery).data;
  const workspaces = useSuspenseQuery(workspacesQuery).data.data;
  const slug = usual(workspaces);
  // Whoever signs out is on the way to another page.
  if (!session) return null;
  return (
    <Shell session={session} workspaces={workspaces} workspace={workspaces.find((one) => one.slug === slug) ?? null} />
  );
}
