// Rates as they are told.
import { describe, expect, it } from "vitest";
import { otherRates, type Price, rate, rateOf } from "./prices";

const PRICE: Price = {
  free: false,
  rates_usd: { input: "2.50", output: "10.00", cache_write_5m: "3.125" },
  request_usd: null,
  images_usd: {},
};

describe("rates", () => {
  it("have two digits, and more where there is more", () => {
    expect(["2.5", "10.000", "0.0375", "1234567.00", "0"].map(rate)).toEqual([
      "$2.50",
      "$10.00",
      "$0.0375",
      "$1,234,567.00",
      "$0.00",
    ]);
  });

  it("are told by class, and one that is not told is no zero", () => {
    expect(rateOf(PRICE, "input")).toBe("$2.50");
    expect(rateOf(PRICE, "cached_input")).toBeNull();
    expect(otherRates(PRICE)).toEqual([{ name: "cache_write_5m", rate: "$3.125" }]);
  });
});
