// What the address says of requests: every page has this in hand before it is loaded, so it stands by itself and is small. In: what stands in
// the address. Out: what is asked for. Never here: asking.
import type { Request } from "./events";
import { textOf, wordOf } from "./search";
import type { RangeSearch } from "./spans";

/** How a request ended. */
export type Ending = Request["ending"];

/** Every ending. */
export const ENDINGS = ["served", "cut", "refused", "failed"] as const satisfies readonly Ending[];
/** Endpoints that leave requests. */
export const ENDPOINTS = [
  "chat.completions",
  "messages",
  "responses",
  "completions",
  "generate_content",
  "embeddings",
  "images.generations",
  "images.edits",
] as const;
/** Since when, by name. */
export const SINCE = ["24h", "7d", "30d", "month", "all", "custom"] as const;
/** The name of a beginning. */
export type Since = (typeof SINCE)[number];
/** What narrows the list, as the API takes it. */
export interface Which {
  key?: string | undefined;
  model?: string | undefined;
  endpoint?: string | undefined;
  ending?: Ending | undefined;
  fault?: string | undefined;
  session?: string | undefined;
  /** Of everybody's alone. */
  workspace?: string | undefined;
  provider?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
}

/** The list as the address has it. */
export interface RequestsSearch extends Which {
  since?: Since | undefined;
  before?: string | undefined;
}

/** What the address says. */
export function requestsOf(search: Record<string, unknown>): RequestsSearch {
  const [from, until] = [instantOf(search.from), instantOf(search.until)];
  const custom = from !== undefined || until !== undefined;
  return {
    key: textOf(search.key),
    model: textOf(search.model),
    endpoint: textOf(search.endpoint),
    ending: wordOf(search.ending, ENDINGS),
    fault: textOf(search.fault),
    session: textOf(search.session),
    since: custom ? "custom" : wordOf(search.since, SINCE),
    from,
    until,
    before: textOf(search.before),
  };
}

/** What the address says of everybody's. */
export function houseRequestsOf(search: Record<string, unknown>): RequestsSearch {
  return { ...requestsOf(search), workspace: textOf(search.workspace), provider: textOf(search.provider) };
}

function instantOf(value: unknown): string | undefined {
  const at = new Date(textOf(value, 40) ?? "");
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** By what sums are told apart. */
export const BY = ["model", "key", "endpoint", "ending"] as const;
/** By what operators tell everybody's apart. */
export const HOUSE_BY = ["workspace", "model", "provider", "key", "ending"] as const;
/** One of these. */
export type By = (typeof BY)[number] | (typeof HOUSE_BY)[number];

/** The page of usage as the address has it. */
export interface UsageSearch extends RangeSearch {
  by?: By | undefined;
}
