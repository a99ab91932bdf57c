// What everybody was charged and how much was asked for, as tiles.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { factsQuery } from "../../../../lib/facts";
import { count } from "../../../../lib/figures";
import { ledgerQuery } from "../../../../lib/ledger";
import { usd, usdExact } from "../../../../lib/money";
import { spanOf } from "../../../../lib/spans";
import { overview as words } from "../../../../messages/house";
import { LinkAnchor } from "../../../../parts/links";
import { Tiles as Beside, Tile } from "../../../../parts/Tile";
import { dayAsk } from "../../_workspace/overview/-health";
import { DayTile, MonthTile, Today } from "../../_workspace/overview/-tiles";

/** The tiles. Each span is one question; the lists of the day ask the same. */
export function Tiles() {
  const spans = useMemo(() => {
    const now = Date.now();
    return { week: spanOf({ range: "7d" }, now), month: spanOf({ range: "month" }, now), day: dayAsk(now) };
  }, []);
  const { from, until, stepHours } = spans.week;
  const week = useQuery(factsQuery(null, { from, until, stepHours })).data;
  const month = useQuery(factsQuery(null, { from: spans.month.from, until: spans.month.until })).data;
  const day = useQuery(factsQuery(null, spans.day)).data;
  return (
    <Beside>
      {week ? <Today week={week} name={words.today} /> : <Tile name={words.today} figure="–" />}
      <MonthTile name={words.month} month={month} />
      <DayTile name={words.day} day={day} />
      <Credit />
      <Tile name={words.retried} figure={day ? count(day.total.retried) : "–"} about={words.retriedAbout} />
    </Beside>
  );
}

/** What everybody has left, and how much of it is held; the way to the ledger. */
function Credit() {
  const sums = useQuery(ledgerQuery).data;
  if (!sums) return <Tile name={words.balances} figure="–" />;
  return (
    <Tile
      name={words.balances}
      figure={usd(sums.balance_usd, "down")}
      exact={usdExact(sums.balance_usd)}
      about={
        <LinkAnchor to="/operator/ledger" inherit>
          {words.balancesHeld(usd(sums.holds_usd))}
        </LinkAnchor>
      }
    />
  );
}
