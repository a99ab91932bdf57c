// The ledger as operators look at it. In: the management API. Out: queries. Never here: a sum.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** Credit that a request has reserved. */
export type Hold = components["schemas"]["Hold"];
/** Something that moved a balance and was no request. */
export type Movement = components["schemas"]["Movement"];
/** What an audit found. */
export type Audit = components["schemas"]["Audit"];

/** Open holds that are shown. */
const HOLDS_MAX = 100;
const PAGE_ROWS = 50;

/** What everybody's credit comes to, and when it was checked. */
export const ledgerQuery = queryOptions({
  queryKey: ["ledger", "sums"],
  staleTime: 5_000,
  refetchInterval: 30_000,
  queryFn: () => take(api.GET("/ledger")),
});

/** Open holds, the oldest first. */
export const holdsQuery = queryOptions({
  queryKey: ["ledger", "holds"],
  refetchInterval: 15_000,
  queryFn: () => take(api.GET("/ledger/holds", { params: { query: { limit: HOLDS_MAX } } })),
});

/** What moved, of everybody or of one workspace. */
export const movementsQuery = (workspace: string | undefined, before: string | undefined) =>
  queryOptions({
    queryKey: ["ledger", "movements", { workspace, before }],
    queryFn: () => {
      const query = { limit: PAGE_ROWS, ...(workspace ? { workspace } : {}), ...(before ? { before } : {}) };
      return take(api.GET("/ledger/movements", { params: { query } }));
    },
  });

/** Recomputes the books. */
export function audit(): Promise<Audit> {
  return take(api.GET("/audit"));
}
