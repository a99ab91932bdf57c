// Money as people read it. In: integers in micro-USD, exact. Out: text. Never here: a sum (the server's), a float.

const MICRO_PER_USD = 1_000_000n;
const MICRO_PER_CENT = 10_000n;
const FRACTION_DIGITS = 6;

/** Which way a figure in cents goes: balances down, so that nobody sees more than there is. */
export type Rounding = "nearest" | "down";

/** A figure with two digits. Less than a cent is told as such, and nothing is ever `-$0.00`. */
export function usd(micro: bigint | number | string, rounding: Rounding = "nearest"): string {
  const amount = whole(micro);
  const size = amount < 0n ? -amount : amount;
  if (size > 0n && size < MICRO_PER_CENT) return amount < 0n ? "> -$0.01" : "< $0.01";
  const cents = (size + (rounding === "nearest" ? MICRO_PER_CENT / 2n : 0n)) / MICRO_PER_CENT;
  return `${amount < 0n ? "-" : ""}$${grouped(cents / 100n)}.${String(cents % 100n).padStart(2, "0")}`;
}

/** The exact figure: six digits, for what one request cost. */
export function usdExact(micro: bigint | number | string): string {
  const amount = whole(micro);
  const size = amount < 0n ? -amount : amount;
  const fraction = String(size % MICRO_PER_USD).padStart(FRACTION_DIGITS, "0");
  return `${amount < 0n ? "-" : ""}$${grouped(size / MICRO_PER_USD)}.${fraction}`;
}

/** Micro-USD of what a person typed (`12.5`, `$1,000`); null where it is no amount, or finer than a micro-USD. */
export function microUsd(typed: string): bigint | null {
  const found = /^\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{0,6}))?$/.exec(typed.trim());
  if (!found) return null;
  const [, dollars = "0", fraction = ""] = found;
  return BigInt(dollars.replaceAll(",", "")) * MICRO_PER_USD + BigInt(fraction.padEnd(FRACTION_DIGITS, "0"));
}

/** What a person would type for an amount: no sign, no trailing zeros. */
export function typedUsd(micro: bigint | number | string): string {
  const amount = whole(micro);
  const fraction = String(amount % MICRO_PER_USD)
    .padStart(FRACTION_DIGITS, "0")
    .replace(/0+$/, "");
  return `${amount / MICRO_PER_USD}${fraction ? `.${fraction.padEnd(2, "0")}` : ""}`;
}

function whole(micro: bigint | number | string): bigint {
  return typeof micro === "bigint" ? micro : BigInt(micro);
}

function grouped(digits: bigint): string {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}
