// The catalogue as operators edit it: its documents, and changes of single entries that become what is applied. In: documents in force,
// an entry before and after. Out: queries, what is sent. Never here: whether a document is valid (the gateway says), a credential that is kept.
import { queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";

/** A document: what no form knows of it stays as it is. */
export type Entry = Record<string, unknown>;

/** A way to serve a model. */
export interface RouteDoc extends Entry {
  provider: string;
  model: string;
  priority?: number;
  enabled?: boolean;
}

/** A model. */
export interface ModelDoc extends Entry {
  id: string;
  display_name?: string;
  serves?: string;
  enabled?: boolean;
  price?: string | Record<string, string>;
  tiers?: string[];
  context_length: number;
  max_output_tokens?: number;
  legacy_names?: string[];
  route?: RouteDoc[];
}

/** A provider. */
export interface ProviderDoc extends Entry {
  name: string;
  kind: string;
  base_url: string;
  auth?: string;
  headers?: Record<string, string>;
  own_keys?: { allowed?: boolean };
}

/** A tier. */
export interface TierDoc extends Entry {
  name: string;
  when: string;
}

/** Everything in force. */
export interface Docs {
  version: number;
  tier: TierDoc[];
  provider: ProviderDoc[];
  model: ModelDoc[];
}

/** What an entry is of. */
export type What = "tier" | "provider" | "model";
/** One line of a difference, as the gateway tells it. */
export type Edit = components["schemas"]["CatalogueEdit"];
/** A version of the catalogue. */
export type Version = components["schemas"]["CatalogueVersion"];

/** The documents in force. They are asked for anew wherever they are edited. */
export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: async () => docsOf(await take(api.GET("/catalogue"))),
});

/** What this version of Tollgate knows to begin with. */
export const starterQuery = queryOptions({
  queryKey: ["starter"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => {
    const told = await take(api.GET("/catalogue/starter"));
    return told as unknown as {
      providers: { about: string; asks_for_credential: boolean; entry: ProviderDoc }[];
      models: ModelDoc[];
      tiers: TierDoc[];
    };
  },
});

/** Versions on a page. */
const PAGE_ROWS = 50;

/** A page of versions, the newest first. */
export const versionsQuery = (before?: string) =>
  queryOptions({
    queryKey: ["catalogue", "versions", { before }],
    queryFn: () =>
      take(api.GET("/catalogue/history", { params: { query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } } })),
  });

function docsOf(told: components["schemas"]["CatalogueInForce"]): Docs {
  const { version = 0, tier = [], provider = [], model = [] } = told as unknown as Partial<Docs>;
  return { version, tier, provider, model };
}

/** A change of one entry: what it was when its form was opened, and what it is to be; null is nothing. */
export interface Change {
  of: What;
  name: string;
  base: Entry | null;
  mine: Entry | null;
}

/** What an entry is called. */
export function nameOf(of: What, entry: Entry): string {
  return String(of === "model" ? entry.id : entry.name);
}

/** The entry that is in force. */
export function inForce(docs: Docs, of: What, name: string): Entry | null {
  return docs[of].find((entry: Entry) => nameOf(of, entry) === name) ?? null;
}

/** What a change makes of the entry that is in force now: fields that it leaves alone stay as somebody else has set them. */
export function rebased({ base, mine }: Change, now: Entry | null): Entry | null {
  if (mine === null || base === null || now === null) return mine;
  const next: Entry = { ...now };
  for (const field of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (same(base[field], mine[field])) continue;
    if (mine[field] === undefined) delete next[field];
    else next[field] = mine[field];
  }
  return next;
}

/** Whether two values say the same. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** Documents to apply. */
export interface Proposed {
  body: { tier: Entry[]; provider: Entry[]; model: Entry[] };
  /** Whether what is not among them goes. */
  prune: boolean;
}

/** What changes come to: the changed entries alone, in their order, so that a wrong field's place (`model[0].price`) is one of theirs. Where
 * one goes all others follow, for what is not named stays otherwise. */
export function proposed(docs: Docs, changes: readonly Change[]): Proposed {
  const body: Proposed["body"] = { tier: [], provider: [], model: [] };
  for (const change of changes) {
    const next = rebased(change, inForce(docs, change.of, change.name));
    if (next) body[change.of].push(next);
  }
  const prune = changes.some(({ mine }) => mine === null);
  if (prune) {
    for (const of of ["tier", "provider", "model"] as const) {
      const changed = new Set(changes.filter((change) => change.of === of).map(({ name }) => name));
      body[of].push(...docs[of].filter((entry: Entry) => !changed.has(nameOf(of, entry))));
    }
  }
  return { body, prune };
}

/** A route that is tried. */
export function isOn(route: RouteDoc): boolean {
  return route.enabled !== false;
}

/** Models that could be called and cannot any more after these changes. */
export function unserved(docs: Docs, changes: readonly Change[]): string[] {
  const ways = (model: Entry | null) => ((model?.route as RouteDoc[] | undefined) ?? []).filter(isOn).length;
  return changes
    .filter(({ of }) => of === "model")
    .filter((change) => {
      const now = inForce(docs, "model", change.name);
      const next = rebased(change, now);
      return next !== null && ways(now) > 0 && ways(next) === 0;
    })
    .map(({ name }) => name);
}

/** The changes that switch every route of a provider, or its routes of one model. */
export function switched(docs: Docs, provider: string, on: boolean, only?: string): Change[] {
  const changed = (route: RouteDoc): RouteDoc => {
    if (route.provider !== provider || isOn(route) === on) return route;
    const { enabled: _, ...rest } = route;
    return on ? (rest as RouteDoc) : { ...route, enabled: false };
  };
  return docs.model
    .filter(({ id, route }) => route !== undefined && (only === undefined || id === only))
    .map((model) => ({ base: model, mine: { ...model, route: (model.route ?? []).map(changed) } }))
    .filter(({ base, mine }) => !same(base, mine))
    .map(({ base, mine }) => ({ of: "model" as const, name: base.id, base, mine }));
}

/** The changes that take a provider away, and every route to it. */
export function without(docs: Docs, provider: ProviderDoc): Change[] {
  const users = docs.model.filter(({ route = [] }) => route.some((one) => one.provider === provider.name));
  return [
    { of: "provider", name: provider.name, base: provider, mine: null },
    ...users.map((model) => ({
      of: "model" as const,
      name: model.id,
      base: model,
      mine: { ...model, route: (model.route ?? []).filter((one) => one.provider !== provider.name) },
    })),
  ];
}
