// Counts, times and shares as they are told.
import { describe, expect, it } from "vitest";
import { count, countShort, share, took } from "./figures";

describe("figures", () => {
  it("tell counts", () => {
    expect([0, 999, 1_234, 9_007_199_254_740_991].map(count)).toEqual(["0", "999", "1,234", "9,007,199,254,740,991"]);
    expect([0, 999, 1_234, 45_678, 1_200_000].map(countShort)).toEqual(["0", "999", "1.2K", "45.7K", "1.2M"]);
  });

  it("tell times with their unit", () => {
    expect([0, 999, 1_000, 12_340, 125_000].map(took)).toEqual(["< 1 ms", "999 ms", "1.00 s", "12.3 s", "2 min 5 s"]);
  });

  it("tell shares, and never all or nothing where that is not so", () => {
    expect([share(1, 2), share(1, 3), share(0, 5), share(5, 5), share(0, 0)]).toEqual([
      "50%",
      "33.3%",
      "0%",
      "100%",
      "–",
    ]);
    expect([share(99_999, 100_000), share(1, 100_000)]).toEqual(["99.9%", "0.1%"]);
  });
});
