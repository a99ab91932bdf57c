// Credit and what was spent of it, as tiles.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { burnOf } from "../../../../lib/burn";
import { type Facts, factsQuery } from "../../../../lib/facts";
import { count } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { usd, usdExact } from "../../../../lib/money";
import { stepsAt } from "../../../../lib/series";
import { type Span, spanOf } from "../../../../lib/spans";
import { overview as words } from "../../../../messages/usage";
import { Spark } from "../../../../parts/charts/Spark";
import { Tiles as Beside, Tile } from "../../../../parts/Tile";
import { dayAsk } from "./-health";

/** The tiles. Each span is one question. */
export function Tiles() {
  const { name, workspace } = useHere();
  const spans = useMemo(() => {
    const now = Date.now();
    return { week: spanOf({ range: "7d" }, now), month: spanOf({ range: "month" }, now), day: dayAsk(now) };
  }, []);
  const { from, until, stepHours } = spans.week;
  const week = useQuery(factsQuery(name, { from, until, stepHours })).data;
  const month = useQuery(factsQuery(name, { from: spans.month.from, until: spans.month.until })).data;
  const day = useQuery(factsQuery(name, spans.day)).data;
  const held = workspace.holds_micro_usd > 0 ? words.held(usd(workspace.holds_usd)) : words.notHeld;
  return (
    <Beside>
      <Tile
        name={words.balance}
        figure={usd(workspace.balance_usd, "down")}
        exact={usdExact(workspace.balance_usd)}
        about={held}
      />
      {week ? <BurnTile week={week} span={spans.week} /> : <Tile name={words.burn} figure="–" />}
      {week ? <Today week={week} /> : <Tile name={words.today} figure="–" />}
      <MonthTile name={words.month} month={month} />
      <DayTile name={words.day} day={day} />
    </Beside>
  );
}

function BurnTile({ week, span }: { week: Facts; span: Span }) {
  const { workspace } = useHere();
  // A workspace that is younger than a week has not had one.
  const since = Math.max(Date.parse(span.from), Date.parse(workspace.created_at));
  const burn = burnOf(workspace.balance_usd, week.total.charge_usd, Date.now() - since);
  const days = burn.daysLeft;
  const spends = Number(week.total.charge_usd) > 0;
  const about =
    days === null ? (spends ? words.leftUnknown : words.leftNone) : days === 0 ? words.leftShort : words.left(days);
  const known = new Map(week.series.map((point) => [Date.parse(point.at), Number(point.sums.charge_usd)]));
  const values = stepsAt(span, Date.now()).map(({ at }) => known.get(Date.parse(at)) ?? 0);
  return (
    <Tile name={words.burn} figure={usd(burn.perDay)} about={about}>
      <Spark label={words.spark} values={values} />
    </Tile>
  );
}

/** Today is the last step of the week; a day without requests is not told. */
export function Today({ week, name = words.today }: { week: Facts; name?: string }) {
  const last = week.series.at(-1);
  const today = new Date().toISOString().slice(0, 10);
  const sums = last?.at.startsWith(today) ? last.sums : null;
  return (
    <Tile
      name={name}
      figure={usd(sums?.charge_usd ?? "0.00")}
      exact={usdExact(sums?.charge_usd ?? "0.00")}
      about={words.todayAbout(count(sums?.requests ?? 0))}
    />
  );
}

/** What was charged since the month began; a dash until it is told. */
export function MonthTile({ name, month }: { name: string; month: Facts | undefined }) {
  return (
    <Tile
      name={name}
      figure={month ? usd(month.total.charge_usd) : "–"}
      exact={month ? usdExact(month.total.charge_usd) : undefined}
      about={month ? words.monthAbout(count(month.total.requests)) : null}
    />
  );
}

/** How many requests a day had, and how many of them were not answered. */
export function DayTile({ name, day }: { name: string; day: Facts | undefined }) {
  return (
    <Tile
      name={name}
      figure={day ? count(day.total.requests) : "–"}
      about={day ? words.dayAbout(count(day.endings.refused), count(day.endings.failed)) : null}
    />
  );
}
