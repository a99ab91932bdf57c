// The form of a provider and its document. In: a document. Out: values of fields, and back. Never here: a stored credential; there is none to show.
import type { Entry, ProviderDoc } from "../../../../lib/catalogue";
import { full, numberOf, restEntry, restOf } from "../../../../lib/restFields";

/** Fields that have a place of their own. */
export const KNOWN = ["name", "kind", "base_url", "auth", "credentials", "headers", "timeouts"];
/** The languages. */
export const KINDS = ["openai", "openai-responses", "anthropic", "gemini", "image-task"] as const;
/** The ways to send a secret. */
export const AUTHS = ["bearer", "x-api-key", "x-goog-api-key"] as const;

/** What is typed. */
export interface ProviderValues {
  name: string;
  kind: string;
  base_url: string;
  auth: string;
  credentials: string[];
  takeAway: boolean;
  headers: { name: string; value: string }[];
  firstByte: string;
  idle: string;
  total: string;
  rest: string;
  [more: string]: unknown;
}

/** The fields of a document. */
export function valuesOf(doc: ProviderDoc): ProviderValues {
  const timeouts = (doc.timeouts ?? {}) as Record<string, number | undefined>;
  const ms = (name: string) => String(timeouts[name] ?? "");
  return {
    name: doc.name,
    kind: doc.kind,
    base_url: doc.base_url,
    auth: doc.auth ?? "",
    credentials: [""],
    takeAway: false,
    headers: Object.entries(doc.headers ?? {}).map(([name, value]) => ({ name, value })),
    firstByte: ms("first_byte_ms"),
    idle: ms("idle_ms"),
    total: ms("total_ms"),
    rest: restOf(doc, KNOWN),
  };
}

/** Credentials that were typed. */
export function typedSecrets({ credentials }: ProviderValues): string[] {
  return credentials.map((secret) => secret.trim()).filter((secret) => secret !== "");
}

/** Headers as a table; a name that stands there twice has its last value. */
export function headersOf({ headers }: ProviderValues): Record<string, string> {
  return Object.fromEntries(
    headers.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), value]),
  );
}

/** The document. Without typed credentials it names none: those that are stored stay. */
export function entryOf(values: ProviderValues): ProviderDoc {
  const headers = headersOf(values);
  const timeouts = full({
    first_byte_ms: numberOf(values.firstByte),
    idle_ms: numberOf(values.idle),
    total_ms: numberOf(values.total),
  });
  const some = (table: object) => (Object.keys(table).length > 0 ? table : undefined);
  const typed = typedSecrets(values);
  const secrets: Entry = typed.length > 0 ? { credentials: typed } : values.takeAway ? { credentials: [] } : {};
  const entry = full({
    name: values.name.trim(),
    kind: values.kind,
    base_url: values.base_url.trim(),
    auth: values.auth,
    headers: some(headers),
    timeouts: some(timeouts),
    ...restEntry(values.rest),
  });
  return { ...entry, ...secrets } as ProviderDoc;
}

/** Where the API's fields stand in the form. */
export function placesOf({ credentials }: ProviderValues): Record<string, string> {
  const at = "provider[0]";
  return {
    [at]: "rest",
    [`${at}.name`]: "name",
    [`${at}.kind`]: "kind",
    [`${at}.base_url`]: "base_url",
    [`${at}.auth`]: "auth",
    [`${at}.headers`]: "headers",
    [`${at}.timeouts.first_byte_ms`]: "firstByte",
    [`${at}.timeouts.idle_ms`]: "idle",
    [`${at}.timeouts.total_ms`]: "total",
    [`${at}.credentials`]: "credentials.0",
    ...Object.fromEntries(credentials.map((_, n) => [`${at}.credentials[${n}]`, `credentials.${n}`])),
  };
}
