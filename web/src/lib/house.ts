// What operators ask of the whole gateway, and what filters of requests choose from. In: the management API. Out: queries. Never here:
// requests and sums of them (lib/requests, lib/facts), which members ask for too.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";
import { modelsQuery } from "./models";
import { type ListSearch, textOf } from "./search";
import { workspacesQuery } from "./workspace";

/** What was looked at, and how it is. */
export type System = components["schemas"]["System"];
/** A provider as operators see it. */
export type Provider = components["schemas"]["Provider"];
/** A user as operators see them. */
export type User = components["schemas"]["User"];

/** How the gateway is. Providers are asked for it, so it is asked for seldom. */
export const systemQuery = queryOptions({
  queryKey: ["system"],
  staleTime: 60_000,
  queryFn: () => take(api.GET("/system")),
});

/** The providers that models are bought from. */
export const houseProvidersQuery = queryOptions({
  queryKey: ["house", "providers"],
  staleTime: 60_000,
  queryFn: async () => (await take(api.GET("/providers"))).data,
});

/** A page of all workspaces that fit what was typed, the newest first. */
export const allWorkspacesQuery = ({ q, before }: ListSearch) =>
  queryOptions({
    queryKey: ["workspaces", "all", { q, before }],
    queryFn: () => take(api.GET("/workspaces", { params: { query: asked({ q, before }) } })),
  });

/** The same of all users. */
export const usersQuery = ({ q, before }: ListSearch) =>
  queryOptions({
    queryKey: ["users", { q, before }],
    queryFn: () => take(api.GET("/users", { params: { query: asked({ q, before }) } })),
  });

function asked({ q, before }: ListSearch) {
  return { ...(q ? { q } : {}), ...(before ? { before } : {}) };
}

/** The tiers that a workspace may be put in, and those that are plans. */
export const tiersQuery = queryOptions({
  queryKey: ["house", "tiers"],
  staleTime: 60_000,
  queryFn: async () => {
    const stored = (await take(api.GET("/catalogue"))) as { tier?: Record<string, unknown>[] };
    // Where none is named, the usual ones hold.
    const tier = stored.tier?.length ? stored.tier : (await take(api.GET("/catalogue/starter"))).tiers;
    const names = (of: typeof tier) => of.flatMap(({ name }) => textOf(name) ?? []);
    return { all: names(tier), plans: names(tier.filter(({ when }) => when === "plan")) };
  },
});

/** Rows that have every word somewhere in one of their texts, however it is written; the first of them, and how many there are. */
export function found<Row>(rows: readonly Row[], q: string | undefined, texts: (row: Row) => readonly string[]) {
  const words = (q ?? "").toLowerCase().split(/\s+/);
  const fit = rows.filter((row) => {
    const all = texts(row).map((text) => text.toLowerCase());
    return words.every((word) => all.some((text) => text.includes(word)));
  });
  return { shown: fit.slice(0, SHOWN_MAX), many: fit.length };
}

/** So many rows of what was found are on screen. */
const SHOWN_MAX = 100;

/** The names of the newest workspaces by their ids, for operators: rows tell ids. */
export const workspaceNamesQuery = queryOptions({
  queryKey: ["workspaces", "names"],
  staleTime: 60_000,
  queryFn: async ({ client }): Promise<Record<string, string>> => {
    const { data } = await client.ensureQueryData(workspacesQuery);
    return Object.fromEntries(data.map(({ id, name }) => [id, name]));
  },
});

/** The ids of the models that requests may be of. */
export const modelIdsQuery = (workspace: string | null) =>
  workspace === null
    ? queryOptions({ queryKey: ["house", "model-ids"], staleTime: 60_000, queryFn: houseModelIds })
    : queryOptions({
        queryKey: ["models", workspace, "ids"],
        staleTime: 60_000,
        queryFn: async ({ client }) => (await client.ensureQueryData(modelsQuery(workspace))).data.map(({ id }) => id),
      });

async function houseModelIds(): Promise<string[]> {
  const { data } = await take(api.GET("/models"));
  return data.flatMap((model) => textOf(model.id) ?? []);
}
