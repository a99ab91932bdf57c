// What requests came to: tiles, charts and a table of the same sums, of one question to the gateway. The span and what sums are told apart
// by stand in the address.
import { Group, Text } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { BY, type By, type FactsAsk, factsQuery } from "../../../../lib/facts";
import { useHere } from "../../../../lib/here";
import { wordOf } from "../../../../lib/search";
import { type RangeSearch, rangeOf, type Span, spanOf } from "../../../../lib/spans";
import { instant, zoneName } from "../../../../lib/time";
import { sums as words } from "../../../../messages/usage";
import { Choice } from "../../../../parts/Choice";
import { Empty, Page } from "../../../../parts/Page";
import { Charts } from "./-charts";
import { Parts } from "./-parts";
import { RangePicker } from "./-range";
import { Tiles } from "./-tiles";

interface UsageSearch extends RangeSearch {
  by?: By | undefined;
}

function usageOf(search: Record<string, unknown>): UsageSearch {
  return { ...rangeOf(search), by: wordOf(search.by, BY) };
}

/** The one question of this page. */
function askOf(search: UsageSearch): { span: Span; ask: FactsAsk } {
  const span = spanOf(search, Date.now());
  const { from, until, stepHours } = span;
  return { span, ask: { from, until, stepHours, by: search.by ?? "model", pace: true } };
}

export const Route = createFileRoute("/_app/_workspace/usage/")({
  validateSearch: usageOf,
  loaderDeps: ({ search }) => usageOf({ ...search }),
  loader: ({ context, deps }) => context.client.ensureQueryData(factsQuery(context.workspaceName, askOf(deps).ask)),
  component: Usage,
});

function Usage() {
  const here = useHere();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { range, from, until, by = "model" } = search;
  const { span, ask } = useMemo(() => askOf({ range, from, until, by }), [range, from, until, by]);
  const facts = useSuspenseQuery(factsQuery(here.name, ask)).data;
  const change = (next: UsageSearch) => void navigate({ search: (now) => ({ ...now, ...next }) });
  return (
    <Page title={words.title} about={here.role === "developer" ? words.aboutOwn : words.about}>
      <Group justify="space-between" align="flex-end" data-keeps-focus>
        <RangePicker search={search} change={change} />
        <Choice
          label={words.by}
          value={by}
          options={BY.map((value) => ({ value, label: words.bys[value] }))}
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
