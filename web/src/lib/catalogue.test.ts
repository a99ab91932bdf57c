// Changes of the catalogue, and a difference taken apart.
import { describe, expect, it } from "vitest";
import { type Change, type Docs, proposed, rebased, same, switched, unserved, without } from "./catalogue";
import { rowsOf } from "./difference";

const docs: Docs = {
  version: 7,
  tier: [],
  provider: [
    { name: "a", kind: "openai", base_url: "https://a.example.com" },
    { name: "b", kind: "openai", base_url: "https://b.example.com" },
  ],
  model: [
    {
      id: "m",
      context_length: 9,
      route: [
        { provider: "a", model: "x" },
        { provider: "b", model: "x", priority: 2 },
      ],
    },
    { id: "n", context_length: 9, route: [{ provider: "a", model: "y" }] },
    { id: "o", context_length: 9 },
  ],
};

describe("changes of a catalogue", () => {
  it("keep what somebody else set meanwhile", () => {
    const change: Change = {
      of: "model",
      name: "m",
      base: { id: "m", a: 1, b: 1, c: [1] },
      mine: { id: "m", a: 2, c: [1] },
    };
    expect(rebased(change, { id: "m", a: 1, b: 5, c: [9], d: 1 })).toEqual({ id: "m", a: 2, c: [9], d: 1 });
    expect(rebased({ ...change, mine: null }, { id: "m" })).toBeNull();
    expect(rebased({ ...change, base: null }, null)).toEqual(change.mine);
  });

  it("are sent alone, and with all others where one goes", () => {
    const more: Change = { of: "model", name: "o", base: docs.model[2] ?? null, mine: { id: "o", context_length: 10 } };
    expect(proposed(docs, [more])).toEqual({
      body: { tier: [], provider: [], model: [{ id: "o", context_length: 10 }] },
      prune: false,
    });
    const gone = proposed(docs, [more, { of: "provider", name: "b", base: docs.provider[1] ?? null, mine: null }]);
    expect(gone.prune).toBe(true);
    expect(gone.body.provider.map(({ name }) => name)).toEqual(["a"]);
    expect(gone.body.model.map(({ id, context_length }) => [id, context_length])).toEqual([
      ["o", 10],
      ["m", 9],
      ["n", 9],
    ]);
  });

  it("switch the routes of a provider, and say which models nobody serves then", () => {
    const off = switched(docs, "a", false);
    expect(off.map(({ name }) => name)).toEqual(["m", "n"]);
    expect(unserved(docs, off)).toEqual(["n"]);
    expect(off[0]?.mine?.route).toEqual([
      { provider: "a", model: "x", enabled: false },
      { provider: "b", model: "x", priority: 2 },
    ]);
    const model = off.map(({ mine }) => mine) as Docs["model"];
    expect(switched({ ...docs, model }, "a", true, "n").map(({ mine }) => mine)).toEqual([docs.model[1]]);
    expect(switched(docs, "a", true)).toEqual([]);
  });

  it("take a provider away with every route to it", () => {
    const gone = without(docs, docs.provider[0] ?? { name: "", kind: "", base_url: "" });
    expect(gone.map(({ of, name }) => `${of} ${name}`)).toEqual(["provider a", "model m", "model n"]);
    expect(unserved(docs, gone)).toEqual(["n"]);
  });

  it("are none where only the order of names differs", () => {
    expect(same({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
  });
});

describe("a line of a difference", () => {
  const line = (field: string, before: unknown, after: unknown) =>
    rowsOf({
      edit: "change",
      what: "model",
      name: "m",
      fields: [
        {
          field,
          ...(before === undefined ? {} : { before: JSON.stringify(before) }),
          ...(after === undefined ? {} : { after: JSON.stringify(after) }),
        },
      ],
    });

  it("is taken apart into the values that differ", () => {
    expect(line("price", { input: "1", output: "2" }, { input: "1", output: "3", request: "0" })).toEqual([
      { field: "price.output", before: "2", after: "3" },
      { field: "price.request", before: null, after: "0" },
    ]);
    expect(line("route", [{ provider: "a" }], [{ provider: "a", enabled: false }])).toEqual([
      { field: "route[0].enabled", before: null, after: "false" },
    ]);
    expect(line("price", "free", { input: "1" })).toEqual([{ field: "price", before: "free", after: '{"input":"1"}' }]);
    expect(line("tiers", ["a"], ["a", "b"])).toEqual([{ field: "tiers", before: "a", after: "a, b" }]);
    expect(line("route", [{ provider: "a", model: "x" }], [])).toEqual([
      { field: "route", before: '[{"provider":"a","model":"x"}]', after: "[]" },
    ]);
    expect(line("headers", undefined, { __proto__x: "1" })).toEqual([
      { field: "headers.__proto__x", before: null, after: "1" },
    ]);
  });

  it("tells how many credentials there are, and reads what older logs have", () => {
    const fields = [
      { field: "credentials", before: 2, after: 3 },
      { field: "credentials", before: 1, after: 1 },
      { field: "label", before: "-", after: "not json" },
    ];
    expect(rowsOf({ edit: "change", what: "credentials", name: "a", fields })).toEqual([
      { field: "credentials", before: "2", after: "3" },
      { field: "credentials", before: "1", after: "1" },
      { field: "label", before: null, after: "not json" },
    ]);
  });
});
