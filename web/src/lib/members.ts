// The people of a workspace: members, and who is invited. In: the management API. Out: queries. Never here: rights (lib/roles).
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A member. */
export type Member = components["schemas"]["Member"];
/** An invitation. */
export type Invitation = components["schemas"]["Invitation"];

const PAGE_ROWS = 100;

/** A page of members. */
export const membersQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["members", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/members", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });

/** A page of invitations. */
export const invitationsQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["invitations", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/invitations", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });
