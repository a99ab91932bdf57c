// Amounts, from nothing to more than JavaScript can count.
import { describe, expect, it } from "vitest";
import { microUsd, typedUsd, usd, usdAligned, usdColumn, usdExact } from "./money";

describe("usd", () => {
  it.each([
    [0n, "$0.00"],
    [1n, "< $0.01"],
    [9_999n, "< $0.01"],
    [10_000n, "$0.01"],
    [14_999n, "$0.01"],
    [15_000n, "$0.02"],
    [-1n, "> -$0.01"],
    [-9_999n, "> -$0.01"],
    [-10_000n, "-$0.01"],
    [-1_234_567n, "-$1.23"],
    [999_994_999n, "$999.99"],
    [999_995_000n, "$1,000.00"],
    [1_234_567_890_000n, "$1,234,567.89"],
    [9_007_199_254_740_993_000_000n, "$9,007,199,254,740,993.00"],
  ])("%s micro-USD is %s", (micro, told) => expect(usd(micro)).toBe(told));

  it.each([
    ["0.00", "$0.00"],
    ["-0.00", "$0.00"],
    ["0.000000001", "< $0.01"],
    ["-0.000000001", "> -$0.01"],
    ["0.009999999", "< $0.01"],
    ["0.014999999", "$0.01"],
    ["0.015", "$0.02"],
    ["12", "$12.00"],
    ["-9007199254740993.995000000", "-$9,007,199,254,740,994.00"],
  ])("%s USD is %s", (text, told) => expect(usd(text)).toBe(told));

  it("rounds balances down", () => {
    expect(usd(4_999_999, "down")).toBe("$4.99");
    expect(usd("4.999999999", "down")).toBe("$4.99");
    expect(usd(4_999_999)).toBe("$5.00");
  });

  it("takes exact amounts and nothing else", () => {
    expect(usd(5_000_000)).toBe(usd(5_000_000n));
    expect(usd(5_000_000)).toBe(usd("5.00"));
    for (const wrong of [0.5, Number.NaN]) expect(() => usd(wrong)).toThrow(RangeError);
    for (const wrong of ["", "x", "1e3", "1.0000000001", "1,000", " 1"]) expect(() => usd(wrong)).toThrow(RangeError);
  });
});

describe("usdExact", () => {
  it.each([
    [26_915, "$0.026915"],
    [-26_915, "-$0.026915"],
    [0, "$0.000000"],
    ["0.026915", "$0.026915"],
    ["0.02691512", "$0.02691512"],
    ["1.500000001", "$1.500000001"],
    ["9007199254740993.000001", "$9,007,199,254,740,993.000001"],
  ])("%s is %s", (amount, told) => expect(usdExact(amount)).toBe(told));
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

describe("columns of amounts", () => {
  it("have six digits, or as many as the finest amount", () => {
    expect(usdColumn(["0.0005", "12.00"])).toEqual(["$0.000500", "$12.000000"]);
    expect(usdColumn(["0.0042525", "1234.5", "-0.1"])).toEqual(["$0.0042525", "$1,234.5000000", "-$0.1000000"]);
    expect(usdColumn([])).toEqual([]);
  });

  it("keep what is finer than a nano-USD", () => {
    expect(usdAligned(["0.000000000125", "0.02"])).toEqual(["$0.000000000125", "$0.020000000000"]);
  });
});
