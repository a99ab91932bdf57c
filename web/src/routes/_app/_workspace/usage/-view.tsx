// What requests came to: tiles, charts and a table of the same sums, of one question to the gateway. The span and what sums are told apart
// by stand in the address. Of a workspace, or of everybody: where it stands says which (lib/place).

import { Group, Text } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { By, UsageSearch } from "../../../../lib/asked";
import { askOf, factsQuery } from "../../../../lib/facts";
import { usePlace } from "../../../../lib/place";
import type { Span } from "../../../../lib/spans";
import { instant, zoneName } from "../../../../lib/time";
import { sums as words } from "../../../../messages/usage";
import { Choice } from "../../../../parts/Choice";
import { Empty, Page } from "../../../../parts/Page";
import { Charts } from "./-charts";
import { Parts } from "./-parts";
import { RangePicker } from "./-range";
import { Tiles } from "./-tiles";

interface UsageViewProps {
  title: string;
  about: string;
  /** What sums may be told apart by; the first is the usual one. */
  bys: readonly [By, ...By[]];
  search: UsageSearch;
  /** Goes to the page with these instead. */
  change: (next: UsageSearch) => void;
}

/** The page. */
export function UsageView({ title, about, bys, search, change }: UsageViewProps) {
  const { name } = usePlace();
  const { range, from, until, by = bys[0] } = search;
  const { span, ask } = useMemo(() => askOf({ range, from, until, by }, by), [range, from, until, by]);
  const facts = useSuspenseQuery(factsQuery(name, ask)).data;
  return (
    <Page title={title} about={about}>
      <Group justify="space-between" align="flex-end" data-keeps-focus>
        <RangePicker search={search} change={change} />
        <Choice
          label={words.by}
          value={by}
          options={bys.map((value) => ({ value, label: words.bys[value] }))}
          onChange={(next) => change({ by: next })}
        />
      </Group>
      <Text size="sm" c="dimmed" className="figures">
        {spanIs(span)} {span.stepHours < 24 ? words.hours(zoneName()) : words.days}
      </Text>
      <Tiles facts={facts} />
      {facts.total.requests === 0 ? (
        <Empty Icon={IconChartBar} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <>
          <Charts facts={facts} span={span} by={by} />
          <Parts facts={facts} by={by} span={span} />
        </>
      )}
    </Page>
  );
}

function spanIs({ from, until, stepHours }: Span): string {
  const zone = stepHours < 24 ? undefined : "UTC";
  return `${words.spanIs(instant(from, zone), instant(until, zone))}.`;
}
