// Amounts, from nothing to more than JavaScript can count.
import { describe, expect, it } from "vitest";
import { microUsd, typedUsd, usd, usdExact } from "./money";

describe("usd", () => {
  it.each([
    ["0", "$0.00"],
    ["1", "< $0.01"],
    ["9999", "< $0.01"],
    ["10000", "$0.01"],
    ["14999", "$0.01"],
    ["15000", "$0.02"],
    ["-1", "> -$0.01"],
    ["-9999", "> -$0.01"],
    ["-10000", "-$0.01"],
    ["-1234567", "-$1.23"],
    ["999994999", "$999.99"],
    ["999995000", "$1,000.00"],
    ["1234567890000", "$1,234,567.89"],
    ["9007199254740993000000", "$9,007,199,254,740,993.00"],
  ])("%s micro-USD is %s", (micro, told) => expect(usd(micro)).toBe(told));

  it("rounds balances down", () => {
    expect(usd(4_999_999, "down")).toBe("$4.99");
    expect(usd(4_999_999)).toBe("$5.00");
  });

  it("takes integers of every kind and nothing else", () => {
    expect(usd(5_000_000)).toBe(usd(5_000_000n));
    expect(() => usd(0.5)).toThrow();
    expect(() => usd("1.5")).toThrow();
  });
});

describe("usdExact", () => {
  it.each([
    [26_915, "$0.026915"],
    [-26_915, "-$0.026915"],
    [0, "$0.000000"],
    ["9007199254740993000001", "$9,007,199,254,740,993.000001"],
  ])("%s micro-USD is %s", (micro, told) => expect(usdExact(micro)).toBe(told));
});

describe("microUsd", () => {
  it.each([
    ["5", 5_000_000n],
    ["$ 5.", 5_000_000n],
    ["0.000001", 1n],
    ["1,000.5", 1_000_500_000n],
    [" 12.50 ", 12_500_000n],
    ["9007199254740993", 9_007_199_254_740_993_000_000n],
  ])("reads %s", (typed, micro) => expect(microUsd(typed)).toBe(micro));

  it.each(["", "-1", "1.0000001", "1,00", "abc", "1e3", "0x1", ".5", "1.2.3", "NaN"])("refuses %s", (typed) =>
    expect(microUsd(typed)).toBeNull(),
  );

  it.each(["5", "12.50", "0.000001", "0"])("comes back as it was typed: %s", (typed) =>
    expect(typedUsd(microUsd(typed) ?? -1n)).toBe(typed),
  );
});
