// The form of a model and its document. In: a document. Out: values of fields, and back. Never here: whether a price is one (the gateway says).
import type { Entry, ModelDoc, RouteDoc } from "../../../../lib/catalogue";
import { full, numberOf, restEntry, restOf } from "../../../../lib/restFields";

/** Fields that have a place of their own. */
export const KNOWN = [
  "id",
  "display_name",
  "enabled",
  "serves",
  "group",
  "label",
  "context_length",
  "max_output_tokens",
  "reasoning",
  "capabilities",
  "price",
  "tiers",
  "legacy_names",
  "route",
];

/** A route as it is typed; what the form does not know of it stays. */
export interface RouteValues {
  provider: string;
  model: string;
  priority: string;
  enabled: boolean;
  more: Entry;
}

/** What is typed. */
export interface ModelValues {
  id: string;
  display_name: string;
  enabled: boolean;
  serves: string;
  group: string;
  label: string;
  context: string;
  most: string;
  reasoning: string;
  capabilities: string[];
  priceKind: "rates" | "free" | "none";
  input: string;
  output: string;
  cached: string;
  rates: { name: string; usd: string }[];
  tiers: string[];
  legacy_names: string[];
  routes: RouteValues[];
  rest: string;
  [more: string]: unknown;
}

/** What a new model begins with: one route to a provider. */
function blank(provider: string): ModelValues {
  return {
    id: "",
    display_name: "",
    enabled: true,
    serves: "",
    group: "",
    label: "",
    context: "",
    most: "",
    reasoning: "",
    capabilities: [],
    priceKind: "rates",
    input: "",
    output: "",
    cached: "",
    rates: [],
    tiers: [],
    legacy_names: [],
    routes: [blankRoute(provider)],
    rest: "",
  };
}

/** The fields of a document. */
export function valuesOf(doc: ModelDoc | null, provider = ""): ModelValues {
  if (!doc) return blank(provider);
  const text = (name: string, usual = "") => {
    const told = String(doc[name] ?? "");
    return told === usual ? "" : told;
  };
  return {
    id: doc.id,
    display_name: text("display_name"),
    enabled: doc.enabled !== false,
    serves: text("serves", "chat"),
    group: text("group"),
    label: text("label"),
    context: text("context_length"),
    most: text("max_output_tokens"),
    reasoning: text("reasoning", "none"),
    capabilities: (doc.capabilities as string[] | undefined) ?? [],
    ...priceValues(doc),
    tiers: doc.tiers ?? [],
    legacy_names: doc.legacy_names ?? [],
    routes: (doc.route ?? []).map(routeValues),
    rest: restOf(doc, KNOWN),
  };
}

function priceValues({ price }: ModelDoc): Pick<ModelValues, "priceKind" | "input" | "output" | "cached" | "rates"> {
  if (typeof price !== "object") {
    return { priceKind: price === "free" ? "free" : "none", input: "", output: "", cached: "", rates: [] };
  }
  const { input = "", output = "", cached_input: cached = "", ...further } = price;
  const rates = Object.entries(further).map(([name, usd]) => ({ name, usd }));
  return { priceKind: "rates", input, output, cached, rates };
}

/** A route that nothing was typed into. */
export function blankRoute(provider: string): RouteValues {
  return { provider, model: "", priority: "1", enabled: true, more: {} };
}

function routeValues({ provider, model, priority = 1, enabled = true, ...more }: RouteDoc): RouteValues {
  return { provider, model, priority: String(priority), enabled, more };
}

function priceOf(values: ModelValues): ModelDoc["price"] {
  if (values.priceKind === "none") return undefined;
  if (values.priceKind === "free") return "free";
  // What has a field of its own is typed there.
  const named = values.rates.filter(({ name }) => !["", "input", "output", "cached_input"].includes(name.trim()));
  return {
    ...(full({
      input: values.input.trim(),
      output: values.output.trim(),
      cached_input: values.cached.trim(),
    }) as object),
    ...Object.fromEntries(named.map(({ name, usd }) => [name.trim(), usd.trim()])),
  };
}

/** What the gateway takes for granted is not written. */
function routeOf({ provider, model, priority, enabled, more }: RouteValues): Entry {
  const order = numberOf(priority) ?? 1;
  return {
    provider,
    model: model.trim(),
    ...(order === 1 ? {} : { priority: order }),
    ...(enabled ? {} : { enabled: false }),
    ...more,
  };
}

/** The document. */
export function entryOf(values: ModelValues): Entry {
  return full({
    id: values.id.trim(),
    display_name: values.display_name.trim(),
    enabled: values.enabled ? undefined : false,
    serves: values.serves,
    group: values.group.trim(),
    label: values.label.trim(),
    context_length: numberOf(values.context) ?? 0,
    max_output_tokens: numberOf(values.most),
    reasoning: values.reasoning,
    capabilities: values.capabilities,
    price: priceOf(values),
    tiers: values.tiers,
    legacy_names: values.legacy_names,
    route: values.routes.map(routeOf),
    ...restEntry(values.rest),
  });
}

/** Where the API's fields stand in the form. */
export function placesOf({ rates, routes }: ModelValues): Record<string, string> {
  const at = "model[0]";
  const own = ["id", "display_name", "serves", "group", "label", "reasoning", "capabilities", "tiers", "legacy_names"];
  return {
    [at]: "rest",
    ...Object.fromEntries(own.map((name) => [`${at}.${name}`, name])),
    [`${at}.context_length`]: "context",
    [`${at}.max_output_tokens`]: "most",
    [`${at}.price`]: "priceKind",
    [`${at}.price.input`]: "input",
    [`${at}.price.output`]: "output",
    [`${at}.price.cached_input`]: "cached",
    ...Object.fromEntries(rates.map(({ name }, n) => [`${at}.price.${name.trim()}`, `rates.${n}.usd`])),
    ...Object.fromEntries(
      routes.flatMap((_, n) => [
        [`${at}.route[${n}]`, `routes.${n}.model`],
        [`${at}.route[${n}].provider`, `routes.${n}.provider`],
        [`${at}.route[${n}].priority`, `routes.${n}.priority`],
      ]),
    ),
  };
}
