// The workspaces of who is signed in, and the one that is looked at. In: the management API, the address, what was looked at
// last. Out: queries, a choice. Never here: rights (lib/roles).

import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";
import { ROLES, type Role } from "./roles";
import type { Session } from "./session";

/** A workspace with its balance and rules. */
export type Workspace = components["schemas"]["Workspace"];

const LAST = "tollgate-workspace";
/** More are reached by their name in the address. */
const LISTED_MAX = 200;

/** The workspaces of the user; of an operator all, the newest first. */
export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  staleTime: 30_000,
  queryFn: () => take(api.GET("/workspaces", { params: { query: { limit: LISTED_MAX } } })),
});

/** One workspace, by id or slug. Its balance is asked for again and again. */
export const workspaceQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["workspace", workspace],
    staleTime: 10_000,
    refetchInterval: 30_000,
    queryFn: () => take(api.GET("/workspaces/{workspace}", { params: { path: { workspace } } })),
  });

/** The role that somebody has in a workspace: operators may what owners may. */
export function roleIn(workspace: Workspace, session: Session): Role {
  if (session.user.operator) return "owner";
  return workspace.role ?? "viewer";
}

/** The slug of the workspace to look at where the address names none: the one that was looked at last. Who has looked at none begins where
 * they may do most, and of these where they have been longest. */
export function usual(workspaces: readonly Workspace[]): string | null {
  const last = remembered();
  const rank = (one: Workspace) => ROLES.indexOf(one.role ?? "owner");
  const [first] = workspaces.toReversed().sort((one, other) => rank(one) - rank(other));
  return (workspaces.find((one) => one.slug === last) ?? first)?.slug ?? null;
}

/** Notes which workspace is looked at. */
export function remember(slug: string): void {
  try {
    localStorage.setItem(LAST, slug);
  } catch {
    // Where nothing may be kept, the first one is shown next time.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(LAST);
  } catch {
    return null;
  }
}
