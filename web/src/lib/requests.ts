// Requests of a workspace, or everybody's (`null`): which are looked at, asking for them, and where one that just ended belongs in a list.
// In: the address, the management API. Out: queries, lists. Never here: a sum, a widget.
import { type QueryClient, type QueryKey, queryOptions } from "@tanstack/react-query";
import type { components } from "#schema";
import { api, take } from "./api";
import type { RequestsSearch, Since, Which } from "./asked";
import type { Request } from "./events";
import { monthOf } from "./spans";

/** A page of requests. */
export interface RequestPage {
  data: Request[];
  next?: string | null;
}
type House = components["schemas"]["UsageDetail"];
/** One request, and how its charge came about; operators are told who served it. */
export type RequestDetail = Omit<components["schemas"]["RequestDetail"], "tries"> &
  Partial<Pick<House, "provider" | "upstream_model">> & {
    tries: (components["schemas"]["RequestTried"] & Partial<House["tries"][number]>)[];
  };
const SINCE_USUAL: Since = "7d";
/** Rows of a page. */
export const PAGE_ROWS = 50;
/** Rows of an overview. */
export const RECENT_ROWS = 8;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Which requests that means now. */
export function whichOf({ since = SINCE_USUAL, before: _, ...which }: RequestsSearch, now: number): Which {
  if (since === "custom") return which;
  return { ...which, from: sinceWhen(since, now), until: undefined };
}

function sinceWhen(since: Since, now: number): string | undefined {
  const midnight = now - (now % DAY_MS);
  const begins = {
    "24h": now - (now % HOUR_MS) - 23 * HOUR_MS,
    "7d": midnight - 6 * DAY_MS,
    "30d": midnight - 29 * DAY_MS,
    month: monthOf(now),
    all: undefined,
    custom: undefined,
  }[since];
  return begins === undefined ? undefined : new Date(begins).toISOString();
}

/** A page of requests, newest first. */
export const requestsQuery = (workspace: string | null, which: Which, before?: string, limit = PAGE_ROWS) =>
  queryOptions({
    queryKey: ["requests", workspace, { which, before, limit }],
    queryFn: (): Promise<RequestPage> => {
      const query = told({ ...which, before, limit });
      if (workspace === null) return take(api.GET("/usage", { params: { query } }));
      const { workspace: _, provider: __, ...own } = query;
      return take(api.GET("/workspaces/{workspace}/usage", { params: { path: { workspace }, query: own } }));
    },
  });

/** One request. */
export const requestQuery = (workspace: string | null, request: string) =>
  queryOptions({
    queryKey: ["requests", workspace, "one", request],
    queryFn: (): Promise<RequestDetail> =>
      workspace === null
        ? take(api.GET("/usage/{request}", { params: { path: { request } } }))
        : take(api.GET("/workspaces/{workspace}/usage/{request}", { params: { path: { workspace, request } } })),
  });

/** The names of the newest keys by their ids: rows tell ids. */
export const keyNamesQuery = (workspace: string | null) =>
  queryOptions({
    queryKey: ["keys", workspace, "names"],
    staleTime: 60_000,
    queryFn: async (): Promise<Record<string, string>> => {
      const query = { limit: 200 };
      const { data } = await (workspace === null
        ? take(api.GET("/keys", { params: { query } }))
        : take(api.GET("/workspaces/{workspace}/keys", { params: { path: { workspace }, query } })));
      return Object.fromEntries(data.map((key) => [key.id, key.name]));
    },
  });

/** Where the same requests are to be had as CSV, with the clock of a zone. */
export function csvHref(workspace: string | null, which: Which, zone: string): string {
  const query = new URLSearchParams(told({ ...which, tz: zone }) as Record<string, string>);
  const of = workspace === null ? "" : `/workspaces/${encodeURIComponent(workspace)}`;
  return `/api/manage${of}/usage.csv?${query}`;
}

/** Only what is said: the API takes no empty field for none. */
export function told<T extends object>(query: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never;
}

/** Whether a request is one of those. */
export function fits(row: Request, which: Which): boolean {
  const same = (asked: string | undefined, is: string | null) => asked === undefined || asked === is;
  const at = Date.parse(row.at);
  return (
    same(which.key, row.key) &&
    same(which.model, row.model) &&
    same(which.endpoint, row.endpoint) &&
    same(which.ending, row.ending) &&
    same(which.fault, row.fault) &&
    same(which.session, row.session) &&
    same(which.workspace, row.workspace) &&
    same(which.provider, row.provider ?? null) &&
    (which.from === undefined || at >= Date.parse(which.from)) &&
    (which.until === undefined || at < Date.parse(which.until))
  );
}

/** The first page with a request that just ended, at its place: by its id, as the gateway sorts. */
export function withRow(page: RequestPage, row: Request, limit = PAGE_ROWS): RequestPage {
  if (page.data.some((known) => known.request_id === row.request_id)) return page;
  const data = [...page.data, row].sort((one, other) => (one.request_id < other.request_id ? 1 : -1));
  if (data.length <= limit) return { ...page, data };
  const shown = data.slice(0, limit);
  return { data: shown, next: shown.at(-1)?.request_id ?? null };
}

/** Puts a request that just ended into a list that is known. An answer under way may be older than it, and is told of it too. */
export function putRow(client: QueryClient, queryKey: QueryKey, row: Request, limit = PAGE_ROWS): void {
  const put = () => client.setQueryData<RequestPage>(queryKey, (page) => page && withRow(page, row, limit));
  put();
  const cache = client.getQueryCache();
  const query = cache.find({ queryKey, exact: true });
  if (query?.state.fetchStatus !== "fetching") return;
  const off = cache.subscribe((event) => {
    if (event.query !== query || query.state.fetchStatus === "fetching") return;
    off();
    put();
  });
}

/** The span over which such requests are summed; whole days where it can be. */
export function sumSpan(which: Which, begun: string, now: number): { from: string; until: string } {
  const floor = (ms: number, step: number) => ms - (ms % step);
  const from = which.from === undefined ? floor(Date.parse(begun), DAY_MS) : Date.parse(which.from);
  const step = from % DAY_MS === 0 ? DAY_MS : HOUR_MS;
  const until = which.until === undefined ? floor(now, step) + step : Date.parse(which.until);
  return { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
}

/** Why there is no sum of these requests; null where there is one. */
export function noSumOf(which: Which): "fault" | "session" | "provider" | "minutes" | null {
  const whole = (at: string | undefined) => at === undefined || Date.parse(at) % HOUR_MS === 0;
  if (which.fault !== undefined) return "fault";
  if (which.session !== undefined) return "session";
  if (which.key !== undefined && which.provider !== undefined) return "provider";
  return whole(which.from) && whole(which.until) ? null : "minutes";
}
