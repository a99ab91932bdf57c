// A few bars beside a figure: how it went, at a glance. What they are is told in words for who cannot see them.
import classes from "./Spark.module.css";

interface SparkProps {
  label: string;
  values: readonly number[];
}

const WIDTH = 8;
const GAP = 3;
const HEIGHT = 28;

/** The bars, the newest last. */
export function Spark({ label, values }: SparkProps) {
  const top = Math.max(...values, 0) || 1;
  return (
    <svg
      className={classes.spark}
      role="img"
      aria-label={label}
      width={values.length * (WIDTH + GAP) - GAP}
      height={HEIGHT}
    >
      {values.map((value, n) => {
        const height = Math.max(value > 0 ? 2 : 1, (value / top) * HEIGHT);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time
            key={n}
            x={n * (WIDTH + GAP)}
            y={HEIGHT - height}
            width={WIDTH}
            height={height}
            rx={1}
            data-none={value === 0 || undefined}
          />
        );
      })}
    </svg>
  );
}
