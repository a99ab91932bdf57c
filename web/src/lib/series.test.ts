// A value for every step, also where nothing was.
import { describe, expect, it } from "vitest";
import type { Facts, Sums } from "./facts";
import { byPart, stepsAt } from "./series";
import { spanOf } from "./spans";

const NOW = Date.parse("2026-11-30T08:41:12Z");
const sums = (requests: number) => ({ requests }) as Sums;
const point = (at: string, requests: number) => ({ at, sums: sums(requests) });

describe("series", () => {
  it("have a value for every step that has begun, and know which is not over", () => {
    const steps = stepsAt(spanOf({ range: "24h" }, NOW), NOW);
    expect(steps).toHaveLength(24);
    expect(steps.filter(({ runs }) => runs)).toEqual([{ at: "2026-11-30T08:00:00.000Z", runs: true }]);
    const past = { range: "custom", from: "2026-11-01T00:00:00Z", until: "2026-11-04T00:00:00Z" } as const;
    expect(stepsAt(spanOf(past, NOW), NOW).every(({ runs }) => !runs)).toBe(true);
    const ahead = { range: "custom", from: "2026-11-29T00:00:00Z", until: "2026-12-24T00:00:00Z" } as const;
    expect(stepsAt(spanOf(ahead, NOW), NOW)).toHaveLength(2);
  });

  it("tell parts as the gateway does, and the others in grey", () => {
    const facts = {
      parts: [
        { id: "a", name: "A", series: [point("2026-11-29T00:00:00.000Z", 3)] },
        { id: "b", name: "B", series: null },
      ],
      rest: { parts: 1, series: [point("2026-11-30T00:00:00Z", 2)] },
    } as unknown as Facts;
    const steps = ["2026-11-29T00:00:00.000Z", "2026-11-30T00:00:00.000Z"];
    const measure = { value: (one: Sums) => one.requests, tell: (one?: Sums) => String(one?.requests ?? "–") };
    expect(byPart(facts, steps, measure, (many) => `${many} more`)).toEqual([
      { id: "part-a", name: "A", colour: 0, values: [3, 0], told: ["3", "–"] },
      { id: "rest", name: "1 more", colour: null, values: [0, 2], told: ["–", "2"] },
    ]);
  });
});
