// Wrong fields of the API at their places in a form.
import { describe, expect, it } from "vitest";
import { place } from "./form";

const NAMES = { "rules.models": "models", "rules.caps.day_micro_usd": "day", expires_at: "expires" };
const FIELDS = ["name", "models", "day", "expires"];

describe("wrong fields", () => {
  it("stand where they belong, all at once", () => {
    const { placed, strays } = place(
      [
        { field: "name", detail: "expected 1 to 100 characters" },
        { field: "rules.models[2]", detail: "expected the id of a model" },
        { field: "rules.caps.day_micro_usd", detail: "is more money than there is" },
        { field: "expires_at", detail: "expected a time to come" },
      ],
      FIELDS,
      NAMES,
    );
    expect(placed).toEqual({
      name: "expected 1 to 100 characters",
      models: "[2]: expected the id of a model",
      day: "is more money than there is",
      expires: "expected a time to come",
    });
    expect(strays).toEqual([]);
  });

  it("are joined where several stand at one place, each with what is wrong in it", () => {
    const wrong = [1, 4].map((n) => ({ field: `rules.models[${n}]`, detail: "wrong" }));
    expect(place(wrong, FIELDS, NAMES).placed).toEqual({ models: "[1]: wrong; [4]: wrong" });
  });

  it("are told where no field is theirs: names are not taken for beginnings of others", () => {
    const wrong = [
      { field: "names", detail: "unknown" },
      { field: "rules.modelsX", detail: "unknown" },
      { field: "rules", detail: "expected an object" },
    ];
    expect(place(wrong, FIELDS, NAMES)).toEqual({ placed: {}, strays: wrong });
  });
});
