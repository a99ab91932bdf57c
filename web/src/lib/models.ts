// The models of a workspace and its limits. In: the management API. Out: queries. Never here: what a page shows of them.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A model, as a workspace may call it. */
export type Model = components["schemas"]["AccountModel"];
/** What a workspace may ask for. */
export type Limits = components["schemas"]["Limits"];

/** The models of a workspace. */
export const modelsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["models", workspace],
    staleTime: 60_000,
    queryFn: () => take(api.GET("/workspaces/{workspace}/models", { params: { path: { workspace } } })),
  });

/** What a workspace may ask for now. */
export const limitsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["limits", workspace],
    staleTime: 5_000,
    refetchInterval: 30_000,
    queryFn: () => take(api.GET("/workspaces/{workspace}/limits", { params: { path: { workspace } } })),
  });
