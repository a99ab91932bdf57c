// Money as people read it. In: exact amounts as the API has them: whole micro-USD, or decimal texts ("0.026915"). Out: text.
// Never here: a sum (the server's), a float.

/** Inside, an amount is whole nano-USD: the API's finest. */
const NANO_DIGITS = 9;
const NANO_PER_MICRO = 1_000n;
const NANO_PER_CENT = 10_000_000n;
const MICRO_PER_USD = 1_000_000n;
const MICRO_DIGITS = 6;

/** An amount: whole micro-USD as a number or a bigint, or USD as a decimal text. */
export type Amount = bigint | number | string;

/** Which way a figure in cents goes: balances down, so that nobody sees more than there is. */
export type Rounding = "nearest" | "down";

/** A figure with two digits. Less than a cent is told as such, and nothing is ever `-$0.00`. */
export function usd(amount: Amount, rounding: Rounding = "nearest"): string {
  const nano = nanoOf(amount);
  const size = nano < 0n ? -nano : nano;
  if (size > 0n && size < NANO_PER_CENT) return nano < 0n ? "> -$0.01" : "< $0.01";
  const cents = (size + (rounding === "nearest" ? NANO_PER_CENT / 2n : 0n)) / NANO_PER_CENT;
  return `${nano < 0n ? "-" : ""}$${grouped(cents / 100n)}.${String(cents % 100n).padStart(2, "0")}`;
}

/** The exact figure: six digits for what one request cost, and more where there is more. */
export function usdExact(amount: Amount): string {
  const nano = nanoOf(amount);
  const size = nano < 0n ? -nano : nano;
  const [whole, fraction] = split(size);
  const digits = fraction.replace(/0{1,3}$/, "");
  return `${nano < 0n ? "-" : ""}$${grouped(whole)}.${digits.padEnd(MICRO_DIGITS, "0")}`;
}

/** Micro-USD of what a person typed (`12.5`, `$1,000`); null where it is no amount, or finer than a micro-USD. */
export function microUsd(typed: string): bigint | null {
  const found = /^\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{0,6}))?$/.exec(typed.trim());
  if (!found) return null;
  const [, dollars = "0", fraction = ""] = found;
  return BigInt(dollars.replaceAll(",", "")) * MICRO_PER_USD + BigInt(fraction.padEnd(MICRO_DIGITS, "0"));
}

/** What a person would type for an amount: no sign, no trailing zeros. */
export function typedUsd(amount: Amount): string {
  const [whole, fraction] = split(nanoOf(amount));
  const digits = fraction.replace(/0+$/, "");
  return `${whole}${digits ? `.${digits.padEnd(2, "0")}` : ""}`;
}

function nanoOf(amount: Amount): bigint {
  if (typeof amount !== "string") return BigInt(amount) * NANO_PER_MICRO;
  const found = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(amount);
  if (!found) throw new RangeError(`${amount} is no amount of USD`);
  const [, sign, whole = "0", fraction = ""] = found;
  const size = BigInt(whole + fraction.padEnd(NANO_DIGITS, "0"));
  return sign ? -size : size;
}

function split(nano: bigint): [whole: bigint, fraction: string] {
  const unit = 10n ** BigInt(NANO_DIGITS);
  return [nano / unit, String(nano % unit).padStart(NANO_DIGITS, "0")];
}

function grouped(digits: bigint): string {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Exact figures of a column, six digits each, or as many as the finest of them has: their points stand below each other. */
export function usdColumn(amounts: readonly string[]): string[] {
  const shown = amounts.map((amount) => usdExact(amount));
  const digits = Math.max(0, ...shown.map((figure) => figure.length - figure.indexOf(".") - 1));
  return shown.map((figure) => figure.padEnd(figure.indexOf(".") + 1 + digits, "0"));
}

/** Exact amounts that stand below each other, each as it was told and with as many digits as the longest: `$0.0200`, `$1.2345`. */
export function usdAligned(amounts: readonly string[]): string[] {
  const split = amounts.map((amount) => {
    const [whole = "0", fraction = ""] = amount.split(".");
    return { whole, fraction };
  });
  const digits = Math.max(2, ...split.map(({ fraction }) => fraction.length));
  return split.map(({ whole, fraction }) => {
    const sign = whole.startsWith("-") ? "-" : "";
    return `${sign}$${grouped(BigInt(whole.replace("-", "")))}.${fraction.padEnd(digits, "0")}`;
  });
}
