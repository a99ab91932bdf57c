// Prices of models as people read them. In: a price of the API, whose amounts are exact texts. Out: text. Never here: a sum.
import type { components } from "#schema";

/** What a model costs a workspace. */
export type Price = components["schemas"]["ModelPrice"];

/** Classes that have a column of their own; others are told below the name. */
const COLUMNS = ["input", "cached_input", "output"];

/** A rate with two digits at least, and as many as it has: `$2.50`, `$0.0375`. */
export function rate(usd: string): string {
  const [whole = "0", fraction = ""] = usd.split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction.replace(/0+$/, "").padEnd(2, "0")}`;
}

/** What a class costs; null where it costs as much as what it is a part of. */
export function rateOf({ rates_usd }: Price, name: string): string | null {
  const told = rates_usd[name];
  return told === undefined ? null : rate(told);
}

/** Rates without a column. */
export function otherRates({ rates_usd }: Price): { name: string; rate: string }[] {
  return Object.entries(rates_usd)
    .filter(([name]) => !COLUMNS.includes(name))
    .map(([name, usd]) => ({ name, rate: rate(usd) }));
}
