// The sums of a span by time. In: facts. Out: charts, each with its table. Never here: a number that the gateway did not tell.

import { SimpleGrid } from "@mantine/core";
import type { By } from "../../../../lib/asked";
import "@mantine/core/styles/SimpleGrid.css";
import { useMemo, useState } from "react";
import type { Facts, Sums } from "../../../../lib/facts";
import { count, countShort, took } from "../../../../lib/figures";
import { usdExact } from "../../../../lib/money";
import { byPart, type Drawn, line, type Measure, stepsAt } from "../../../../lib/series";
import type { Span } from "../../../../lib/spans";
import { instant, step as stepName } from "../../../../lib/time";
import { charts } from "../../../../messages/charts";
import { usage, sums as words } from "../../../../messages/usage";
import { Choice } from "../../../../parts/Choice";
import { Chart, type Step } from "../../../../parts/charts/Chart";
import { Section } from "../../../../parts/Page";
import { partName } from "./-parts";

const REQUESTS: Measure = { value: (sums) => sums.requests, tell: (sums) => count(sums?.requests ?? 0) };
const SPEND: Measure = {
  value: (sums) => Number(sums.charge_usd),
  tell: (sums) => usdExact(sums?.charge_usd ?? "0.00"),
};
/** Kinds of tokens in the order in which they stand on each other. */
const CLASSES = [
  "input",
  "cached_input",
  "cache_write_5m",
  "cache_write_1h",
  "audio_input",
  "output",
  "reasoning",
  "audio_output",
] as const;

/** Until when it is measured how fast answers were. */
const UNTIL = ["first_byte", "end"] as const;

interface ChartsProps {
  facts: Facts;
  span: Span;
  by: By;
}

/** All of them. */
export function Charts({ facts, span, by }: ChartsProps) {
  const [until, setUntil] = useState<(typeof UNTIL)[number]>("first_byte");
  const at = useMemo(() => stepsAt(span, Date.now()), [span]);
  const starts = at.map((step) => step.at);
  const steps: Step[] = at.map((step) => ({
    name: stepName(step.at, span.stepHours),
    whole: instant(step.at, span.stepHours < 24 ? undefined : "UTC"),
    runs: step.runs,
  }));
  const named = { ...facts, parts: facts.parts.map((part) => ({ ...part, name: partName(part, by) })) };
  const all = (measure: Measure) => line({ id: "all", name: charts.all, colour: null }, facts.series, starts, measure);
  const parts = (measure: Measure) => byPart(named, starts, measure, charts.rest);
  const tokens = CLASSES.filter((name) => (facts.total.tokens[name] ?? 0) > 0).map((name, n) => {
    const of = { id: name, name: usage.classes[name] ?? name, colour: n };
    return line(of, facts.series, starts, tokensOf(name));
  });
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Chart
        title={words.charts.requests}
        kind="bars"
        steps={steps}
        series={parts(REQUESTS)}
        all={all(REQUESTS)}
        axis={countShort}
        whole
      />
      <Chart
        title={words.charts.spend}
        kind="bars"
        steps={steps}
        series={parts(SPEND)}
        all={all(SPEND)}
        axis={dollars}
      />
      <Chart title={words.charts.tokens} kind="bars" steps={steps} series={tokens} axis={countShort} whole />
      {facts.pace ? (
        <Chart
          title={words.charts.pace}
          about={words.charts.paceAbout}
          kind="lines"
          steps={steps}
          series={percentiles(facts.pace_series, starts, until)}
          axis={(ms) => (ms === 0 ? "0" : took(ms))}
        >
          <Choice
            label={words.charts.until}
            value={until}
            options={UNTIL.map((value) => ({ value, label: words.charts.untils[value] }))}
            onChange={setUntil}
          />
        </Chart>
      ) : (
        <Section title={words.charts.pace} about={words.charts.noPace}>
          {null}
        </Section>
      )}
    </SimpleGrid>
  );
}

function tokensOf(name: string): Measure {
  const of = (sums: Sums | undefined) => sums?.tokens[name] ?? 0;
  return { value: of, tell: (sums) => count(of(sums)) };
}

function percentiles(points: Facts["pace_series"], starts: readonly string[], of: "end" | "first_byte"): Drawn[] {
  const known = new Map(points.map((point) => [Date.parse(point.at), point.pace[of]]));
  return (["p50_ms", "p90_ms", "p99_ms"] as const).map((name, colour) => {
    const values = starts.map((at) => known.get(Date.parse(at))?.[name] ?? null);
    const told = values.map((ms) => (ms === null ? "–" : took(ms)));
    return { id: name, name: words.percentiles[name], values, told, colour };
  });
}

/** From here on an axis tells thousands as such. */
const DOLLARS_SHORT = 1_000;

/** An amount at an axis: as many digits as tell it apart from its neighbours. */
function dollars(value: number): string {
  if (value === 0) return "$0";
  if (value >= DOLLARS_SHORT) return `$${countShort(value)}`;
  const [whole = "0", cents = ""] = Number(value.toPrecision(3)).toFixed(9).replace(/0+$/, "").split(".");
  return cents ? `$${whole}.${cents.padEnd(2, "0")}` : `$${whole}`;
}
