// Spans of time that sums are asked for: whole hours, or whole UTC days (docs/USAGE.md). In: what stands in the address. Out: where a span
// begins and ends, and how long its steps are. Never here: a sum.
import { textOf, wordOf } from "./search";

/** Spans by name. */
export const RANGES = ["24h", "7d", "30d", "month", "custom"] as const;
/** The name of a span. */
export type Range = (typeof RANGES)[number];

/** A span as the address has it. */
export interface RangeSearch {
  range?: Range | undefined;
  from?: string | undefined;
  until?: string | undefined;
}

/** A span as sums are asked for it. */
export interface Span {
  from: string;
  until: string;
  stepHours: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Up to so many hours a step is an hour. */
const HOURLY_MAX = 48;
/** Up to so many days a step is a day; then it is a week. */
const DAILY_MAX = 92;
/** The gateway makes no more steps than this. */
const SPAN_DAYS_MAX = 5_000;

/** What the address says of a span. */
export function rangeOf(search: Record<string, unknown>): RangeSearch {
  const range = wordOf(search.range, RANGES);
  const [from, until] = [hourOf(search.from), hourOf(search.until)];
  if (range !== "custom") return { range, from: undefined, until: undefined };
  const fits = from && until && from < until && Date.parse(until) - Date.parse(from) <= SPAN_DAYS_MAX * DAY_MS;
  return fits ? { range, from, until } : { range: undefined, from: undefined, until: undefined };
}

/** An instant that begins an hour, as the API writes it. */
function hourOf(value: unknown): string | undefined {
  const at = new Date(textOf(value, 40) ?? "");
  return Number.isNaN(at.getTime()) || at.getTime() % HOUR_MS !== 0 ? undefined : at.toISOString();
}

/** The span of a name. */
export function spanOf({ range = "7d", from, until }: RangeSearch, now: number): Span {
  const hour = now - (now % HOUR_MS);
  const day = now - (now % DAY_MS);
  const days = (count: number) => span(day - (count - 1) * DAY_MS, day + DAY_MS);
  if (range === "custom" && from && until) return span(Date.parse(from), Date.parse(until));
  if (range === "24h") return span(hour - 23 * HOUR_MS, hour + HOUR_MS);
  if (range === "30d") return days(30);
  if (range === "month") return span(monthOf(now), day + DAY_MS);
  return days(7);
}

/** When the UTC month of an instant begins. */
export function monthOf(now: number): number {
  const at = new Date(now);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
}

function span(from: number, until: number): Span {
  const hours = (until - from) / HOUR_MS;
  const stepHours = hours <= HOURLY_MAX ? 1 : hours <= DAILY_MAX * 24 ? 24 : 7 * 24;
  return { from: new Date(from).toISOString(), until: new Date(until).toISOString(), stepHours };
}

/** When each step of a span begins. */
export function stepsOf({ from, until, stepHours }: Span): string[] {
  const all: string[] = [];
  const end = Date.parse(until);
  for (let at = Date.parse(from); at < end; at += stepHours * HOUR_MS) all.push(new Date(at).toISOString());
  return all;
}
