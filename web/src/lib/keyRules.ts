// The state of an API key, and its rules between a form and the API. Amounts are typed in USD and sent in micro-USD.
// Never here: a widget, a call.
import type { components } from "#schema";
import type { Key, Scope } from "./keys";
import { microUsd, typedUsd } from "./money";
import { fieldInstant, typedInstant } from "./time";

type RulesChange = components["schemas"]["KeyRulesChange"];

/** Every scope. */
export const SCOPES: readonly Scope[] = ["chat", "embeddings", "images", "read"];

/** How a key is. */
export type KeyState = "active" | "capped" | "expired" | "revoked";

/** How a key is at an instant. */
export function stateOf(key: Key, now: number = Date.now()): KeyState {
  if (key.revoked_at) return "revoked";
  if (key.expires_at && Date.parse(key.expires_at) <= now) return "expired";
  const { caps } = key.rules;
  const reached = (spent: number, cap: number | null | undefined) => typeof cap === "number" && spent >= cap;
  const capped =
    reached(key.spend.total_micro_usd, caps.total_micro_usd) ||
    reached(key.spend.month_micro_usd, caps.month_micro_usd) ||
    reached(key.spend.day_micro_usd, caps.day_micro_usd);
  return capped ? "capped" : "active";
}

/** A key as a form has it: everything is text, nothing is empty text. */
export interface KeyValues extends Record<string, unknown> {
  name: string;
  environment: string;
  expires: string;
  day: string;
  month: string;
  total: string;
  models: string[];
  scopes: Scope[];
  fallback: string;
  addresses: string[];
  rate: string;
  metadata: { name: string; value: string }[];
}

/** What a new key begins with. */
export const NOTHING: KeyValues = {
  name: "",
  environment: "",
  expires: "",
  day: "",
  month: "",
  total: "",
  models: [],
  scopes: [],
  fallback: "",
  addresses: [],
  rate: "",
  metadata: [],
};

/** A key as the form shows it. */
export function valuesOf(key: Key): KeyValues {
  const { rules } = key;
  const amount = (micro: number | null | undefined) => (typeof micro === "number" ? typedUsd(micro) : "");
  return {
    name: key.name,
    environment: rules.environment ?? "",
    expires: key.expires_at ? fieldInstant(key.expires_at) : "",
    day: amount(rules.caps.day_micro_usd),
    month: amount(rules.caps.month_micro_usd),
    total: amount(rules.caps.total_micro_usd),
    models: [...(rules.models ?? [])],
    scopes: [...(rules.scopes ?? [])],
    fallback: rules.fallback_model ?? "",
    addresses: [...(rules.addresses ?? [])],
    rate: rules.requests_per_minute?.toString() ?? "",
    metadata: Object.entries(rules.metadata ?? {}).map(([name, value]) => ({ name, value: String(value) })),
  };
}

/** The form's rules as the API takes them; what is empty is none. */
export function rulesOf(values: KeyValues): RulesChange {
  const text = (typed: string) => typed.trim() || null;
  const list = <T>(all: T[]) => (all.length > 0 ? all : null);
  const pairs = values.metadata.filter((pair) => pair.name.trim() !== "");
  return {
    environment: text(values.environment),
    caps: {
      day_micro_usd: capOf(values.day),
      month_micro_usd: capOf(values.month),
      total_micro_usd: capOf(values.total),
    },
    models: list(values.models),
    scopes: list(values.scopes),
    fallback_model: text(values.fallback),
    addresses: list(values.addresses),
    requests_per_minute: values.rate.trim() === "" ? null : Number(values.rate),
    metadata: pairs.length > 0 ? Object.fromEntries(pairs.map((pair) => [pair.name.trim(), pair.value])) : null,
  };
}

/** The end that was typed, as an instant. */
export function endOf(values: KeyValues): string | null {
  return typedInstant(values.expires);
}

/** A cap in whole micro-USD, as JSON has numbers; null is none. */
export function capOf(typed: string): number | null {
  const micro = typed.trim() === "" ? null : microUsd(typed);
  return micro === null ? null : Number(micro);
}

/** Whether a text is an amount that can be sent: none, or one that a JSON number holds to the last digit. */
export function isAmount(typed: string): boolean {
  if (typed.trim() === "") return true;
  const micro = microUsd(typed);
  return micro !== null && micro <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** Where the API's fields stand in the form. */
export const KEY_FIELDS: Readonly<Record<string, string>> = {
  expires_at: "expires",
  "rules.environment": "environment",
  "rules.caps.day_micro_usd": "day",
  "rules.caps.month_micro_usd": "month",
  "rules.caps.total_micro_usd": "total",
  "rules.models": "models",
  "rules.scopes": "scopes",
  "rules.fallback_model": "fallback",
  "rules.addresses": "addresses",
  "rules.requests_per_minute": "rate",
  "rules.metadata": "metadata",
};
