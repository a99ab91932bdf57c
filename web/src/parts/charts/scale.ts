// Where a chart's lines stand. In: the largest value. Out: round numbers from zero to above it. Never here: a value that is told.

const STEPS = [1, 2, 2.5, 5, 10];

/** Round numbers from zero on, of which the last is not below the largest value; `whole` is for what is counted. */
export function ticks(largest: number, whole: boolean, many = 4): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / many;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = (STEPS.find((step) => step * power >= rough) ?? 10) * power;
  const step = whole ? Math.max(1, Math.ceil(round)) : round;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => n * step);
}

/** Every so many names fit beside each other. */
export function every(names: number, width: number, each: number): number {
  return Math.max(1, Math.ceil((names * each) / Math.max(width, 1)));
}
