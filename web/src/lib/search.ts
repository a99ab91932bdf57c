// What stands in the address behind the question mark, checked as it comes: anybody may have written it. What is not good is told as
// undefined, and never left out: the router would put back what the address says.
import { safeNext } from "./session";

/** A text of some length, or nothing. */
export function textOf(value: unknown, lengthMax = 200): string | undefined {
  // The router reads what looks like a number as one.
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text !== "" && text.length <= lengthMax ? text : undefined;
}

/** One of some words, or nothing. */
export function wordOf<Word extends string>(value: unknown, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === value);
}

/** Which page of a list. */
export function pageOf(search: Record<string, unknown>): { before?: string | undefined } {
  return { before: textOf(search.before) };
}

/** Which page of a list, and what is looked for in it. */
export interface ListSearch {
  q?: string | undefined;
  before?: string | undefined;
}

/** A list is narrowed by so many characters at most; the gateway takes no more. */
export const TYPED_CHARS_MAX = 100;

/** What the address says of a list that is searched. */
export function listOf(search: Record<string, unknown>): ListSearch {
  return { q: typedOf(textOf(search.q, TYPED_CHARS_MAX)), before: textOf(search.before) };
}

/** What was typed to find something, or nothing where that is blank. */
export function typedOf(typed: string | undefined): string | undefined {
  return typed?.trim() || undefined;
}

/** The same page with another part of its list. Every list has these in its address, which the router cannot know of a page without a name. */
export function searchWith(change: ListSearch) {
  return ((now: object) => ({ ...now, ...change })) as never;
}

/** Where to go on after a sign-in. */
export function nextOf(search: Record<string, unknown>): { next?: string | undefined } {
  const next = safeNext(search.next);
  return { next: next === "/" ? undefined : next };
}
