// The form of a model: back and forth, and where wrong fields stand.
import { describe, expect, it } from "vitest";
import { place } from "../../../../lib/form";
import { wrongRest } from "../../../../lib/restFields";
import { entryOf, KNOWN, placesOf, valuesOf } from "./-values";

const doc = {
  id: "acme/chat",
  display_name: "Chat",
  enabled: false,
  context_length: 128000,
  max_output_tokens: 16384,
  reasoning: "hidden",
  capabilities: ["tools", "reasoning"],
  price: { input: "0.15", output: "0.60", cache_write_5m: "0.2" },
  tiers: ["team"],
  legacy_names: ["old"],
  limits: { requests_per_day: 7 },
  route: [
    { provider: "a", model: "x", allow: ["speed"] },
    { provider: "b", model: "y", priority: 2, enabled: false },
  ],
};

describe("the form of a model", () => {
  it("gives back what it was given", () => {
    expect(entryOf(valuesOf(doc))).toEqual(doc);
    const free = { id: "f", context_length: 9, price: "free" };
    expect(entryOf(valuesOf(free))).toEqual(free);
    const bare = { id: "f", context_length: 9 };
    expect(entryOf(valuesOf(bare))).toEqual(bare);
  });

  it("writes prices as the texts that were typed", () => {
    const values = {
      ...valuesOf(doc),
      input: " 0.10 ",
      rates: [
        { name: "request", usd: "0.0001" },
        { name: "", usd: "1" },
      ],
    };
    expect(entryOf(values).price).toEqual({ input: "0.10", output: "0.60", request: "0.0001" });
    expect(entryOf({ ...values, priceKind: "none" }).price).toBeUndefined();
  });

  it("puts what is wrong where it stands, and what has no field to the further fields", () => {
    const wrong = [
      { field: "model[0].price.cache_write_5m", detail: "a" },
      { field: "model[0].route[1].provider", detail: "b" },
      { field: "model[0].route[0].quirks.system", detail: "c" },
      { field: "model[0].limits.concurrent", detail: "d" },
      { field: "tier", detail: "e" },
    ];
    const values = valuesOf(doc);
    const { placed, strays } = place(wrong, Object.keys(values), placesOf(values));
    expect(placed).toEqual({
      "rates.0.usd": "a",
      "routes.1.provider": "b",
      "routes.0.model": "quirks.system: c",
      rest: "limits.concurrent: d",
    });
    expect(strays).toEqual([{ field: "tier", detail: "e" }]);
  });
});

describe("further fields", () => {
  it("are an object that has nothing of the form's own", () => {
    expect(wrongRest("", KNOWN)).toBeNull();
    expect(wrongRest('{"limits":{}}', KNOWN)).toBeNull();
    for (const text of ["{", "[]", "null", "7", '{"price":"free"}'])
      expect(wrongRest(text, KNOWN), text).not.toBeNull();
  });
});
