// Providers that take keys of workspaces, and the keys that were brought. In: the management API. Out: queries.
// Never here: a secret; the API tells none.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A key that was brought. */
export type ProviderKey = components["schemas"]["ProviderKey"];
/** A provider that takes keys. */
export type OwnProvider = components["schemas"]["OwnProvider"];

const PAGE_ROWS = 100;

/** The providers to choose from. */
export const providersQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["own-providers", workspace],
    queryFn: () => take(api.GET("/workspaces/{workspace}/providers", { params: { path: { workspace } } })),
  });

/** A page of keys. */
export const providerKeysQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["provider-keys", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/provider-keys", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });
