// How long credit lasts: rounded down, and no rate of a few minutes.
import { describe, expect, it } from "vitest";
import { burnOf } from "./burn";

const DAY = 86_400_000;

describe("how long credit lasts", () => {
  it("is the balance at the rate of what was spent", () => {
    expect(burnOf("10.00", "7.00", 7 * DAY)).toEqual({ perDay: "1.000000000", daysLeft: 10 });
    expect(burnOf("10.00", "7.000000001", 7 * DAY).daysLeft).toBe(9);
    expect(burnOf("0.50", "1.00", DAY)).toEqual({ perDay: "1.000000000", daysLeft: 0 });
  });

  it("makes no rate of a few minutes", () => {
    expect(burnOf("25.00", "0.01", DAY / 1_000)).toEqual({ perDay: "0.010000000", daysLeft: null });
  });

  it("has no end where nothing is spent, and is over where nothing is left", () => {
    expect(burnOf("10.00", "0.00", DAY)).toEqual({ perDay: "0.000000000", daysLeft: null });
    expect(burnOf("-1.25", "1.00", DAY).daysLeft).toBe(0);
    expect(burnOf("9007199254740993.00", "0.000000001", DAY).perDay).toBe("0.000000001");
  });
});
