// The beginning of an operator's look at a workspace: an entry in its log, once a tab. In: the workspace. Out: nothing, or why it cannot
// begin. Never here: what a look may (lib/api.ts says it to the server with each call).
import { api, take } from "./api";

const BEGUN = "tollgate-look";

/** Goes on with what this tab has begun; otherwise begins it: nobody looks before it stands in the log, whoever sent the link. */
export async function goOnLooking(workspace: string): Promise<void> {
  if (sessionStorage.getItem(BEGUN) !== workspace) await beginLook(workspace);
}

/** Begins it. */
export async function beginLook(workspace: string): Promise<void> {
  await take(api.POST("/workspaces/{workspace}/look", { params: { path: { workspace } } }));
  sessionStorage.setItem(BEGUN, workspace);
}
