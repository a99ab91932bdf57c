// API keys: asking for them. In: the management API. Out: queries. Never here: their rules (lib/keyRules), which load with the pages.

import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A key, and what it came to. */
export type Key = components["schemas"]["KeySpent"];
/** A key with its text. */
export type NewKey = components["schemas"]["NewKeyTold"];
/** What a key may be used for. */
export type Scope = NonNullable<Key["rules"]["scopes"]>[number];

/** Keys of a page. */
const PAGE_ROWS = 50;

/** A page of keys. */
export const keysQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["keys", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/keys", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });

/** One key. */
export const keyQuery = (workspace: string, key: string) =>
  queryOptions({
    queryKey: ["keys", workspace, "one", key],
    queryFn: () => take(api.GET("/workspaces/{workspace}/keys/{key}", { params: { path: { workspace, key } } })),
  });
