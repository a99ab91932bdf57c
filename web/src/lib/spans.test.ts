// Spans by name and by the address: whole hours, whole days.
import { describe, expect, it } from "vitest";
import { rangeOf, spanOf, stepsOf } from "./spans";

const NOW = Date.parse("2026-11-30T08:41:12Z");

describe("spans", () => {
  it("begin and end with hours or UTC days", () => {
    const told = (range: "24h" | "7d" | "30d" | "month") => Object.values(spanOf({ range }, NOW)).map(String);
    expect(told("24h")).toEqual(["2026-11-29T09:00:00.000Z", "2026-11-30T09:00:00.000Z", "1"]);
    expect(told("7d")).toEqual(["2026-11-24T00:00:00.000Z", "2026-12-01T00:00:00.000Z", "24"]);
    expect(told("30d")).toEqual(["2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z", "24"]);
    expect(told("month")).toEqual(["2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z", "24"]);
    expect(spanOf({}, NOW)).toEqual(spanOf({ range: "7d" }, NOW));
  });

  it("of one's own are taken as they stand in the address, with steps that can be seen", () => {
    const custom = (from: string, until: string) => rangeOf({ range: "custom", from, until });
    const day = custom("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z");
    expect(spanOf(day, NOW)).toEqual({
      from: "2026-11-02T00:00:00.000Z",
      until: "2026-11-03T00:00:00.000Z",
      stepHours: 1,
    });
    expect(spanOf(custom("2026-06-01T00:00:00Z", "2026-08-31T00:00:00Z"), NOW).stepHours).toBe(24);
    expect(spanOf(custom("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), NOW).stepHours).toBe(168);
    for (const [from, until] of [
      ["2026-11-03T00:00:00Z", "2026-11-02T00:00:00Z"],
      ["2026-11-02T00:30:00Z", "2026-11-03T00:00:00Z"],
      ["yesterday", "today"],
      ["1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ] as const) {
      expect(custom(from, until).range).toBeUndefined();
    }
    expect(rangeOf({ range: "<img>", from: {}, until: 7 })).toEqual({
      range: undefined,
      from: undefined,
      until: undefined,
    });
  });

  it("have every step, also those without a request", () => {
    expect(stepsOf(spanOf({ range: "24h" }, NOW))).toHaveLength(24);
    expect(stepsOf(spanOf({ range: "7d" }, NOW)).at(-1)).toBe("2026-11-30T00:00:00.000Z");
  });
});
