// The platform as operators have it in hand. In: the management API. Out: queries. Never here: words.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A token of an operator. */
export type OperatorToken = components["schemas"]["OperatorToken"];
/** An address that is shut out. */
export type AddressBlocked = components["schemas"]["AddressBlocked"];
/** How far a change of keys is. */
export type Resealing = components["schemas"]["Resealing"];

/** The rules of the platform. */
export const platformQuery = queryOptions({
  queryKey: ["platform"],
  queryFn: () => take(api.GET("/platform")),
});

/** Operators' tokens, the oldest first. */
export const tokensQuery = queryOptions({
  queryKey: ["operator-tokens"],
  queryFn: async () => (await take(api.GET("/operator-tokens"))).data,
});

/** Addresses that are shut out, as far as the node that answers knows. */
export const blocksQuery = queryOptions({
  queryKey: ["address-blocks"],
  refetchInterval: 15_000,
  queryFn: () => take(api.GET("/address-blocks")),
});
