// What the way to a new provider makes: its entry, and models with routes to it. In: what was typed. Out: changes. Never here: a price that
// nobody typed or checked.
import type { Change, Docs, ModelDoc, ProviderDoc, RouteDoc } from "../../../../lib/catalogue";
import { full, numberOf } from "../../../../lib/restFields";
import { entryOf, type ProviderValues, placesOf } from "./-values";

/** A model that was chosen. */
export interface Chosen {
  /** Its name there. */
  upstream: string;
  id: string;
  input: string;
  output: string;
  context: string;
  most: string;
  /** What is known of it besides: capabilities, further rates, how it reasons. */
  more: Partial<ModelDoc>;
  /** The prices that were offered: further rates belong to these alone. */
  offered: readonly [input: string, output: string];
}

/** All that is typed. */
export interface WizardValues extends ProviderValues {
  chosen: Chosen[];
}

/** What is known of a model by a name of one of the presets: with its prices, or with nothing but its name. */
export function knownOf(models: readonly ModelDoc[], preset: string | null, upstream: string): Chosen {
  const found = models.find(({ route = [] }) => route.some((one) => one.provider === preset && one.model === upstream));
  const bare = {
    upstream,
    id: upstream,
    input: "",
    output: "",
    context: "",
    most: "",
    more: {},
    offered: ["", ""] as const,
  };
  if (!found) return bare;
  const { id: _, price, context_length, max_output_tokens, route = [], legacy_names: __, ...more } = found;
  const rates = typeof price === "object" ? price : {};
  const { input = "", output = "", ...further } = rates;
  const own = route.find((one) => one.provider === preset && one.model === upstream);
  return {
    ...bare,
    id: found.id,
    input,
    output,
    context: String(context_length),
    most: String(max_output_tokens ?? ""),
    offered: [input, output],
    more: {
      ...more,
      ...(Object.keys(further).length > 0 ? { price: further } : {}),
      ...(own?.quirks || own?.allow ? { route: [own] } : {}),
    },
  };
}

/** The changes: the provider, and each model or its further route. */
export function changesOf(docs: Docs, values: WizardValues): Change[] {
  const provider: ProviderDoc = entryOf(values);
  const models = values.chosen.map((one): Change => {
    const base = docs.model.find(({ id }) => id === one.id.trim()) ?? null;
    const { quirks, allow } = (one.more.route?.[0] ?? {}) as Partial<RouteDoc>;
    const route = full({ provider: provider.name, model: one.upstream, quirks, allow }) as never;
    if (base) {
      const last = Math.max(1, ...(base.route ?? []).map(({ priority = 1 }) => priority));
      const next = { ...(route as object), priority: last + ((base.route ?? []).length > 0 ? 1 : 0) };
      return { of: "model", name: base.id, base, mine: { ...base, route: [...(base.route ?? []), next] } };
    }
    const { route: _, price: further = {}, ...more } = one.more;
    const typed = [one.input.trim(), one.output.trim()];
    const asOffered = typed.every((usd, n) => usd === one.offered[n]);
    const rates = { ...(asOffered ? (further as object) : {}), ...full({ input: typed[0], output: typed[1] }) };
    const isPriced = one.input.trim() !== "" || one.output.trim() !== "";
    const mine = full({
      ...more,
      id: one.id.trim(),
      context_length: numberOf(one.context),
      max_output_tokens: numberOf(one.most),
      price: isPriced ? rates : undefined,
      route: [route],
    });
    return { of: "model", name: one.id.trim(), base: null, mine };
  });
  return [{ of: "provider", name: provider.name, base: null, mine: provider }, ...models];
}

/** Where the API's fields stand in the form. */
export function wizardPlaces(values: WizardValues): Record<string, string> {
  const of = (n: number) => ({
    [`model[${n}]`]: `chosen.${n}.id`,
    [`model[${n}].price.input`]: `chosen.${n}.input`,
    [`model[${n}].price.output`]: `chosen.${n}.output`,
    [`model[${n}].context_length`]: `chosen.${n}.context`,
    [`model[${n}].max_output_tokens`]: `chosen.${n}.most`,
  });
  return Object.assign(placesOf(values), ...values.chosen.map((_, n) => of(n)));
}
