// Counts, times and shares as people read them. In: numbers of the API. Out: text. Never here: money (lib/money), a sum.

const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
/** Tenths of a per cent. */
const PER_MILLE = 1_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** A count to the last digit: `12,345`. */
export function count(number: number): string {
  return whole.format(number);
}

/** A count in few characters: `12.3K`. */
export function countShort(number: number): string {
  return short.format(number);
}

/** How long something took: `< 1 ms`, `840 ms`, `1.24 s`, `2 min 5 s`. */
export function took(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(ms < 10 * SECOND_MS ? 2 : 1)} s`;
  const minutes = Math.floor(ms / MINUTE_MS);
  return `${minutes} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`;
}

/** How much of a whole a part is. Only all is `100%`, only none is `0%`. */
export function share(part: number, of: number): string {
  if (of === 0) return "–";
  const mille = (part / of) * PER_MILLE;
  const shown = Math.min(part === of ? PER_MILLE : PER_MILLE - 1, Math.max(part === 0 ? 0 : 1, Math.round(mille)));
  return `${(shown / 10).toFixed(shown % 10 === 0 ? 0 : 1)}%`;
}
