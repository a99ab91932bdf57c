// The form of a provider, and what the way to a new one makes.
import { describe, expect, it } from "vitest";
import type { Docs, ModelDoc } from "../../../../lib/catalogue";
import { entryOf, headersOf, valuesOf } from "./-values";
import { changesOf, knownOf, type WizardValues, wizardPlaces } from "./-wizard";

const doc = {
  name: "main",
  kind: "openai",
  base_url: "https://a.example.com/v1",
  headers: { "x-org": "ours" },
  timeouts: { idle_ms: 5 },
  quirks: { system: "as_user" },
};

describe("the form of a provider", () => {
  it("gives back what it was given, and no credentials unless some were typed", () => {
    expect(entryOf(valuesOf(doc))).toEqual(doc);
    const values = valuesOf(doc);
    expect(entryOf({ ...values, credentials: [" sk-1 ", "", "sk-2"] }).credentials).toEqual(["sk-1", "sk-2"]);
    expect(entryOf({ ...values, takeAway: true }).credentials).toEqual([]);
    expect("credentials" in entryOf(values)).toBe(false);
    expect(headersOf({ ...values, headers: [{ name: " ", value: "x" }] })).toEqual({});
  });
});

const models: ModelDoc[] = [
  {
    id: "fast",
    context_length: 9,
    max_output_tokens: 5,
    capabilities: ["tools"],
    price: { input: "1", output: "2", cached_input: "0.1" },
    route: [{ provider: "known", model: "fast-1", quirks: { thinking: "adaptive" } }],
  },
];

const docs: Docs = {
  version: 1,
  tier: [],
  provider: [],
  model: [{ id: "sold", context_length: 9, price: "free", route: [{ provider: "other", model: "x", priority: 3 }] }],
};

describe("the way to a new provider", () => {
  const values = (chosen: WizardValues["chosen"]): WizardValues => ({ ...valuesOf(doc), chosen });

  it("begins with what is known of a model, and with nothing where nothing is known", () => {
    expect(knownOf(models, "known", "fast-1")).toMatchObject({
      id: "fast",
      input: "1",
      output: "2",
      context: "9",
      most: "5",
    });
    expect(knownOf(models, "elsewhere", "fast-1")).toMatchObject({ id: "fast-1", input: "", context: "" });
    expect(knownOf(models, null, "fast-1").more).toEqual({});
  });

  it("makes models with their prices, and further routes of those that are sold", () => {
    const known = knownOf(models, "known", "fast-1");
    const bare = { ...knownOf([], null, "x<b>"), context: "8", most: "4" };
    const [provider, fast, plain, sold] = changesOf(docs, values([known, bare, { ...bare, id: " sold " }]));
    expect(provider).toMatchObject({ of: "provider", name: "main", base: null });
    expect(fast?.mine).toEqual({
      id: "fast",
      context_length: 9,
      max_output_tokens: 5,
      capabilities: ["tools"],
      price: { input: "1", output: "2", cached_input: "0.1" },
      route: [{ provider: "main", model: "fast-1", quirks: { thinking: "adaptive" } }],
    });
    expect(plain?.mine).toEqual({
      id: "x<b>",
      context_length: 8,
      max_output_tokens: 4,
      route: [{ provider: "main", model: "x<b>" }],
    });
    expect(sold?.mine).toMatchObject({ price: "free" });
    expect(sold?.mine?.route).toEqual([
      { provider: "other", model: "x", priority: 3 },
      { provider: "main", model: "x<b>", priority: 4 },
    ]);
  });

  it("takes further rates with the prices that they were offered with alone", () => {
    const dearer = { ...knownOf(models, "known", "fast-1"), input: "4" };
    expect(changesOf(docs, values([dearer]))[1]?.mine?.price).toEqual({ input: "4", output: "2" });
  });

  it("knows where each wrong field stands", () => {
    const places = wizardPlaces(values([knownOf([], null, "x")]));
    expect(places["model[0].price.input"]).toBe("chosen.0.input");
    expect(places["provider[0].credentials[0]"]).toBe("credentials.0");
  });
});
