// Fields of a document that a form has no place for, as JSON that is typed. In: a document. Out: text, and back. Never here: which fields
// there are (the gateway says).
import { rest as words } from "../messages/catalogue";
import type { Entry } from "./catalogue";

/** The text of what is not among these fields. */
export function restOf(entry: Entry, known: readonly string[]): string {
  const left = Object.entries(entry).filter(([name]) => !known.includes(name));
  return left.length === 0 ? "" : JSON.stringify(Object.fromEntries(left), null, 2);
}

/** What was typed. */
export function restEntry(text: string): Entry {
  return text.trim() === "" ? {} : JSON.parse(text);
}

/** What is wrong with it. */
export function wrongRest(text: string, known: readonly string[]): string | null {
  let entry: unknown;
  try {
    entry = restEntry(text);
  } catch {
    return words.wrong;
  }
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return words.wrongTable;
  const taken = Object.keys(entry).filter((name) => known.includes(name));
  return taken.length > 0 ? words.taken(taken.join(", ")) : null;
}

/** What is wrong with a number that may be left out. */
export function wrongNumber(text: string): string | null {
  return /^\d{0,15}$/.test(text.trim()) ? null : words.whole;
}

/** A number that was typed; nothing where none was. */
export function numberOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text.trim());
}

/** A document without what is undefined, empty text or an empty list: absent is the default everywhere. */
export function full(entry: Entry): Entry {
  const empty = (value: unknown) => value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => !empty(value)));
}
