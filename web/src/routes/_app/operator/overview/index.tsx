// The first page of operators: what everybody was charged, how calls ended by model, provider and workspace, what failed, what is not as it
// should be, and requests as they end.
import { Group, SimpleGrid, Stack, Text } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { useQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type FactsAsk, factsQuery } from "../../../../lib/facts";
import { count, took } from "../../../../lib/figures";
import { systemQuery } from "../../../../lib/house";
import { RECENT_ROWS, requestsQuery } from "../../../../lib/requests";
import { overview as words } from "../../../../messages/house";
import { LiveMark } from "../../../../parts/LiveMark";
import { LinkAnchor, LinkButton } from "../../../../parts/links";
import { Missing } from "../../../../parts/Missing";
import { Page, Section } from "../../../../parts/Page";
import { dayAsk, HealthOf } from "../../_workspace/overview/-health";
import { RecentRows, useRecent } from "../../_workspace/overview/-recent";
import { StateBadge, worstFirst } from "../-checks";
import { Tiles } from "./-tiles";

export const Route = createFileRoute("/_app/operator/overview/")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context }) => context.client.ensureQueryData(requestsQuery(null, {}, undefined, RECENT_ROWS)),
  component: Overview,
});

function Overview() {
  const recent = useRecent();
  const day = useMemo(() => dayAsk(Date.now()), []);
  const failed = useQuery(requestsQuery(null, { ending: "failed", from: day.from }, undefined, RECENT_ROWS)).data;
  return (
    <Page title={words.title} about={words.about} actions={<LiveMark standing={recent.standing} />}>
      <Tiles />
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <State />
        <HealthOf
          title={words.providers}
          about={words.providersAbout}
          ask={{ ...day, by: "provider" }}
          more={({ id }) => <Pace of={{ ...day, which: { provider: id } }} />}
        />
        <HealthOf title={words.models} about={words.modelsAbout} ask={day} />
        <HealthOf title={words.workspaces} about={words.workspacesAbout} ask={{ ...day, by: "workspace" }} />
      </SimpleGrid>
      <RecentRows
        title={words.failed}
        rows={failed?.data ?? []}
        all={
          <LinkButton to="/operator/requests" search={{ ending: "failed", since: "24h" }} variant="subtle" size="xs">
            {words.failedAll}
          </LinkButton>
        }
      />
      <RecentRows
        title={words.recent}
        rows={recent.page.data}
        fresh={recent.isFresh}
        all={
          <LinkButton to="/operator/requests" variant="subtle" size="xs">
            {words.all}
          </LinkButton>
        }
      />
    </Page>
  );
}

/** How fast answers of a provider began; nothing where none did. */
function Pace({ of: { by: _, ...ask } }: { of: FactsAsk }) {
  const pace = useQuery(factsQuery(null, { ...ask, pace: true })).data?.pace?.first_byte;
  if (!pace || pace.p50_ms === null || pace.p99_ms === null) return null;
  return (
    <Text size="xs" c="dimmed" className="figures">
      {words.pace(took(pace.p50_ms), took(pace.p99_ms))}
    </Text>
  );
}

/** What is not as it should be. */
function State() {
  const { data: system, error } = useQuery(systemQuery);
  const checks = system?.checks ?? [];
  const odd = worstFirst(checks).filter(({ state }) => state !== "ok");
  // What is on hold is a figure that changes: it is told, whatever its state.
  const ledger = checks.find(({ name, state }) => name === "ledger" && state === "ok");
  return (
    <Section title={words.state} about={words.stateAbout} actions={system ? <StateBadge of={system.state} /> : null}>
      {system ? null : <Missing error={error} />}
      {ledger ? <Line name={words.holds} detail={ledger.detail} /> : null}
      {odd.map((check) => (
        <Line key={check.name} name={check.name} detail={check.detail} advice={check.advice}>
          <StateBadge of={check.state} />
        </Line>
      ))}
      {system && odd.length === 0 ? <Text>{words.stateFine(count(checks.length))}</Text> : null}
      <Group>
        <LinkAnchor to="/operator/system" size="sm">
          {words.stateAll}
        </LinkAnchor>
      </Group>
    </Section>
  );
}

interface LineProps {
  name: string;
  detail: string;
  advice?: string | null | undefined;
  children?: ReactNode;
}

function Line({ name, detail, advice, children }: LineProps) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
      <Stack gap={0} miw={0}>
        <Text fw={600} className="unbroken">
          {name}
        </Text>
        <Text size="sm" className="unbroken">
          {detail}
        </Text>
        {advice ? (
          <Text size="sm" c="dimmed" className="unbroken">
            {advice}
          </Text>
        ) : null}
      </Stack>
      {children}
    </Group>
  );
}
