// Leaving a workspace, from wherever it is asked for.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { team } from "../messages/team";
import { api, take } from "./api";
import { confirm } from "./confirm";
import { useHere } from "./here";
import { tellDone } from "./toasts";

/** Asks, leaves, and goes to what is left. */
export function useLeave(): () => void {
  const { workspace } = useHere();
  const client = useQueryClient();
  const navigate = useNavigate();
  return () =>
    confirm({
      title: team.leave.title(workspace.name),
      consequence: team.leave.consequence,
      action: team.leave.action,
      run: async () => {
        await take(api.POST("/workspaces/{workspace}/leave", { params: { path: { workspace: workspace.id } } }));
        tellDone(team.leave.done(workspace.name));
        await navigate({ to: "/account" });
        client.removeQueries({ queryKey: ["workspace", workspace.slug] });
        await client.invalidateQueries();
      },
    });
}
