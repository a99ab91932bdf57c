// Sums by time as charts draw them: a value for every step, also where nothing was. In: an answer of the gateway. Out: values for drawing and
// the texts that tell them, which are the gateway's. Never here: adding up.
import type { Facts, Point, Sums } from "./facts";
import { type Span, stepsOf } from "./spans";

/** One line or one colour of a chart. */
export interface Drawn {
  id: string;
  name: string;
  values: (number | null)[];
  told: string[];
  colour: number | null;
}

/** What is drawn of sums, and how it is told. */
export interface Measure {
  value: (sums: Sums) => number;
  tell: (sums: Sums | undefined) => string;
}

/** The steps of a span, and which of them still goes on. */
export function stepsAt(span: Span, now: number): { at: string; runs: boolean }[] {
  const length = span.stepHours * 3_600_000;
  return stepsOf(span)
    .filter((at) => Date.parse(at) <= now)
    .map((at) => ({ at, runs: Date.parse(at) + length > now }));
}

/** One colour for each part that has a series, the dearest first, and grey for the others together. */
export function byPart(
  facts: Facts,
  steps: readonly string[],
  measure: Measure,
  others: (many: number) => string,
): Drawn[] {
  const parts = facts.parts.filter((part) => part.series !== null);
  const drawn = parts.map((part, n) =>
    line({ id: `part-${part.id}`, name: part.name, colour: n }, part.series ?? [], steps, measure),
  );
  const { rest } = facts;
  if (!rest) return drawn;
  return [...drawn, line({ id: "rest", name: others(rest.parts), colour: null }, rest.series, steps, measure)];
}

/** One thing by time. */
export function line(
  of: Pick<Drawn, "id" | "name" | "colour">,
  points: readonly Point[],
  steps: readonly string[],
  { value, tell }: Measure,
): Drawn {
  const known = new Map(points.map((point) => [Date.parse(point.at), point.sums]));
  const sums = steps.map((at) => known.get(Date.parse(at)));
  return { ...of, values: sums.map((one) => (one ? value(one) : 0)), told: sums.map(tell) };
}
