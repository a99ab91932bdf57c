// What is drawn in a chart: bars and lines. In: values, where a value stands. Out: SVG. Never here: an axis, a text.

import type { Series, Step } from "./Chart";
import classes from "./Chart.module.css";

/** Where something stands, in pixels. */
export interface Place {
  x: (n: number) => number;
  y: (value: number) => number;
  /** The room of one step. */
  slot: number;
}

interface MarksProps {
  steps: readonly Step[];
  series: readonly Series[];
  place: Place;
}

const BAR_PX_MAX = 36;
const BAR_SHARE = 0.72;

/** Bars that stand on each other. */
export function Bars({ steps, series, place, hatch }: MarksProps & { hatch: string }) {
  const width = Math.max(1, Math.min(BAR_PX_MAX, place.slot * BAR_SHARE));
  return steps.map((step, n) => {
    let below = 0;
    const x = place.x(n) - width / 2;
    const parts = series.map((one) => {
      const value = Math.max(0, one.values[n] ?? 0);
      const bottom = place.y(below);
      below += value;
      const top = place.y(below);
      return value > 0 ? (
        <rect
          key={one.id}
          className={classes.bar}
          data-colour={one.colour}
          x={x}
          y={top}
          width={width}
          height={Math.max(1, bottom - top)}
        />
      ) : null;
    });
    const top = place.y(below);
    return (
      <g key={step.whole}>
        {parts}
        {step.runs && below > 0 ? (
          <rect x={x} y={top} width={width} height={Math.max(1, place.y(0) - top)} fill={`url(#${hatch})`} />
        ) : null}
      </g>
    );
  });
}

/** A line for each, broken where there is nothing, dashed where it still goes on. */
export function Lines({ steps, series, place }: MarksProps) {
  return series.map((one) => (
    <g key={one.id} data-colour={one.colour} className={classes.line}>
      {steps.slice(1).map((step, before) => {
        const [from, to] = [one.values[before] ?? null, one.values[before + 1] ?? null];
        if (from === null || to === null) return null;
        return (
          <line
            key={step.whole}
            x1={place.x(before)}
            y1={place.y(from)}
            x2={place.x(before + 1)}
            y2={place.y(to)}
            strokeDasharray={step.runs ? "4 4" : undefined}
          />
        );
      })}
      {steps.map((step, n) => {
        const value = one.values[n] ?? null;
        return value === null ? null : <circle key={step.whole} cx={place.x(n)} cy={place.y(value)} r={2.5} />;
      })}
    </g>
  ));
}
