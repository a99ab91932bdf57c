// A chart over time: bars that stand on each other, or lines. Own SVG in place of a library of charts, which weighs more than all pages
// together (docs/CONSOLE.md). In: steps of time, values for drawing, and the texts that tell them. Out: a picture, a legend, and the same as
// a table. Never here: a sum; where bars stand on each other is a matter of drawing, and no number is told of it.
import { Button, Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { type PointerEvent, type ReactNode, useId, useState } from "react";
import { charts } from "../../messages/charts";
import { type Column, DataTable } from "../DataTable";
import { Section } from "../Page";
import classes from "./Chart.module.css";
import { Bars, Lines, type Place } from "./marks";
import { every, ticks } from "./scale";

/** A step of time. */
export interface Step {
  /** Below the axis. */
  name: string;
  /** In the table and the note. */
  whole: string;
  /** Whether it still goes on. */
  runs: boolean;
}

/** What is drawn in one colour. */
export interface Series {
  id: string;
  name: string;
  /** For drawing; null is nothing. */
  values: readonly (number | null)[];
  /** The same as it is told. */
  told: readonly string[];
  /** The number of its colour; null is grey. */
  colour: number | null;
}

interface ChartProps {
  title: string;
  about?: string;
  kind: "bars" | "lines";
  steps: readonly Step[];
  series: readonly Series[];
  /** What all of a step come to, where that is told. */
  all?: { name: string; told: readonly string[] };
  /** A value at the axis. */
  axis: (value: number) => string;
  /** Whether values are counts. */
  whole?: boolean;
  /** What chooses between pictures of the same kind. */
  children?: ReactNode;
}

const HEIGHT = 220;
const MARGIN = { top: 8, right: 8, bottom: 24, left: 56 };
const NAME_PX = 56;

/** A chart with its title. */
export function Chart(props: ChartProps) {
  const [table, setTable] = useState(false);
  return (
    <Section
      title={props.title}
      about={props.about}
      actions={
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={table ? <IconChartBar size={16} aria-hidden /> : <IconTable size={16} aria-hidden />}
          onClick={() => setTable(!table)}
        >
          {table ? charts.asChart : charts.asTable}
        </Button>
      }
    >
      {props.children ? <Group>{props.children}</Group> : null}
      {table ? <AsTable {...props} /> : <Picture {...props} />}
    </Section>
  );
}

function Picture({ title, kind, steps, series, all, axis, whole = false }: ChartProps) {
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const hatch = useId();
  const inner = Math.max(0, width - MARGIN.left - MARGIN.right);
  const lines = ticks(largest(kind, steps, series), whole);
  const top = lines.at(-1) ?? 1;
  const slot = inner / Math.max(1, steps.length);
  const place: Place = {
    x: (n) => MARGIN.left + (n + 0.5) * slot,
    y: (value) => MARGIN.top + (1 - value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom),
    slot,
  };
  const point = (event: PointerEvent) => {
    const from = event.currentTarget.getBoundingClientRect().left;
    const n = Math.floor((event.clientX - from - MARGIN.left) / slot);
    setAt(n >= 0 && n < steps.length ? n : null);
  };
  return (
    <>
      <div ref={ref} className={classes.frame}>
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={charts.picture(title)}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        >
          <Hatch id={hatch} />
          <Heights lines={lines} place={place} until={width - MARGIN.right} axis={axis} />
          <Names steps={steps} place={place} each={every(steps.length, inner, NAME_PX)} />
          {at === null ? null : (
            <rect
              className={classes.cursor}
              x={place.x(at) - slot / 2}
              y={MARGIN.top}
              width={slot}
              height={HEIGHT - MARGIN.top - MARGIN.bottom}
            />
          )}
          {kind === "bars" ? (
            <Bars steps={steps} series={series} place={place} hatch={hatch} />
          ) : (
            <Lines steps={steps} series={series} place={place} />
          )}
        </svg>
        {at === null ? null : <Note at={at} left={place.x(at)} width={width} {...{ steps, series, all }} />}
      </div>
      <Legend series={series} />
    </>
  );
}

interface HeightsProps extends Pick<ChartProps, "axis"> {
  lines: readonly number[];
  place: Place;
  /** Where they end, at the right. */
  until: number;
}

/** Lines across the picture, each with the height that it stands for. */
function Heights({ lines, place, until, axis }: HeightsProps) {
  return lines.map((line) => (
    <g key={line}>
      <line className={classes.grid} x1={MARGIN.left} x2={until} y1={place.y(line)} y2={place.y(line)} />
      <text className={classes.axis} x={MARGIN.left - 8} y={place.y(line)} dy="0.32em" textAnchor="end">
        {axis(line)}
      </text>
    </g>
  ));
}

/** What steps are called, as many as there is room for: the last, and each so many before it. */
function Names({ steps, place, each }: { steps: readonly Step[]; place: Place; each: number }) {
  return steps.map((step, n) =>
    (steps.length - 1 - n) % each === 0 ? (
      <text key={step.whole} className={classes.axis} x={place.x(n)} y={HEIGHT - 6} textAnchor="middle">
        {step.name}
      </text>
    ) : null,
  );
}

function largest(kind: ChartProps["kind"], steps: readonly Step[], series: readonly Series[]): number {
  const heights = steps.map((_, n) => {
    const values = series.map((one) => one.values[n] ?? 0);
    return kind === "lines" ? Math.max(0, ...values) : values.reduce((height, value) => height + Math.max(0, value), 0);
  });
  return Math.max(0, ...heights);
}

/** What still goes on is hatched: it is not over, so it is no fall. */
function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className={classes.hatch} width="3" height="6" />
      </pattern>
    </defs>
  );
}

interface NoteProps extends Pick<ChartProps, "steps" | "series"> {
  all: ChartProps["all"] | undefined;
  at: number;
  left: number;
  width: number;
}

/** What the pointer is at. It tells nothing that the table does not. */
function Note({ at, left, width, steps, series, all }: NoteProps) {
  const step = steps[at];
  const told = series.filter((one) => (one.values[at] ?? 0) > 0);
  return (
    <div className={classes.note} data-side={left > width / 2 ? "left" : "right"} style={{ left }} aria-hidden>
      <Text size="xs" fw={650}>
        {step?.whole}
        {step?.runs ? ` · ${charts.runs}` : ""}
      </Text>
      {told.length === 0 ? <Text size="xs">{charts.nothing}</Text> : null}
      <dl className={classes.told}>
        {told.map((one) => (
          <div key={one.id}>
            <dt>
              <span className={classes.swatch} data-colour={one.colour} />
              {one.name}
            </dt>
            <dd>{one.told[at]}</dd>
          </div>
        ))}
        {all && told.length > 1 ? (
          <div className={classes.all}>
            <dt>{all.name}</dt>
            <dd>{all.told[at]}</dd>
          </div>
        ) : null}
      </dl>
    </div>
  );
}

function Legend({ series }: { series: readonly Series[] }) {
  if (series.length < 2) return null;
  return (
    <ul className={classes.legend}>
      {series.map((one) => (
        <li key={one.id}>
          <span className={classes.swatch} data-colour={one.colour} aria-hidden />
          {one.name}
        </li>
      ))}
    </ul>
  );
}

function AsTable({ title, steps, series, all }: ChartProps) {
  const figure = (key: string, head: string, told: readonly string[]): Column<number> => ({
    key,
    head,
    figures: true,
    cell: (n) => told[n],
  });
  const name = (n: number) => `${steps[n]?.whole ?? ""}${steps[n]?.runs ? ` · ${charts.runs}` : ""}`;
  const columns = [
    { key: "step", head: charts.time, cell: (n: number) => <span className="instant">{name(n)}</span> },
    ...series.map((one) => figure(one.id, one.name, one.told)),
    ...(all && series.length > 1 ? [figure("all", all.name, all.told)] : []),
  ];
  const rows = steps.map((_, n) => n);
  return <DataTable label={title} plain columns={columns} rows={rows} rowKey={String} />;
}
