// Round lines from zero to above the largest value.
import { describe, expect, it } from "vitest";
import { every, ticks } from "./scale";

describe("the lines of a chart", () => {
  it("are round numbers that reach above the largest value", () => {
    expect(ticks(97, true)).toEqual([0, 25, 50, 75, 100]);
    expect(ticks(100, true)).toEqual([0, 25, 50, 75, 100]);
    expect(ticks(3, true)).toEqual([0, 1, 2, 3]);
    expect(ticks(1, true)).toEqual([0, 1]);
    expect(ticks(0, true)).toEqual([0, 1]);
    expect(ticks(Number.NaN, false)).toEqual([0, 1]);
    for (const largest of [0.000_001_3, 0.07, 1, 12.5, 999, 1e9]) {
      const all = ticks(largest, false);
      expect(all.at(-1)).toBeGreaterThanOrEqual(largest * (1 - 1e-9));
      expect(all.length).toBeLessThanOrEqual(6);
    }
  });

  it("have names with room between them", () => {
    expect([every(7, 700, 50), every(30, 300, 50), every(24, 0, 50)]).toEqual([1, 5, 1200]);
  });
});
