// How long credit lasts when it goes on like this. In: exact amounts of the API, how long it took. Out: estimates, rounded so that nobody
// hopes for too much. Never here: a sum; this divides, and says "about".

const DAY_MS = 86_400_000n;
const NANO_DIGITS = 9;

/** How fast credit goes. */
export interface Burn {
  /** USD a day, as a decimal text. */
  perDay: string;
  /** Whole days that are left; null where nothing goes, or for less than a day. */
  daysLeft: number | null;
}

/** The rate of what was spent in a time, and how long a balance lasts at it. */
export function burnOf(balanceUsd: string, spentUsd: string, elapsedMs: number): Burn {
  const [balance, spent] = [nano(balanceUsd), nano(spentUsd)];
  // Of less than a day nothing can be said about a day but what was spent in it.
  const elapsed = BigInt(Math.max(Number(DAY_MS), Math.round(elapsedMs)));
  const perDay = (spent * DAY_MS) / elapsed;
  if (elapsedMs < Number(DAY_MS)) return { perDay: text(spent), daysLeft: null };
  const left = spent > 0n && balance > 0n ? (balance * elapsed) / (spent * DAY_MS) : 0n;
  return { perDay: text(perDay), daysLeft: spent > 0n ? Number(left) : null };
}

function nano(usd: string): bigint {
  const [whole = "0", fraction = ""] = usd.split(".");
  const size = BigInt(whole.replace("-", "") + fraction.padEnd(NANO_DIGITS, "0").slice(0, NANO_DIGITS));
  return whole.startsWith("-") ? -size : size;
}

function text(amount: bigint): string {
  const digits = String(amount).padStart(NANO_DIGITS + 1, "0");
  return `${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`;
}
