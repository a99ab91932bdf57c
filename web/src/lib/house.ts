// What operators ask of the whole gateway, and what filters of requests choose from. In: the management API. Out: queries. Never here:
// requests and sums of them (lib/requests, lib/facts), which members ask for too.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";
import { modelsQuery } from "./models";
import { textOf } from "./search";

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
