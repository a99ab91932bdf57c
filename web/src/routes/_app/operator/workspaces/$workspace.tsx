// One workspace as operators see it: credit, rules, members, keys, and the way to its requests.
import { Code, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { factsQuery } from "../../../../lib/facts";
import { usd, usdExact } from "../../../../lib/money";
import { spanOf } from "../../../../lib/spans";
import { type Workspace, workspaceQuery } from "../../../../lib/workspace";
import { workspace as words } from "../../../../messages/house";
import { Copyable } from "../../../../parts/Copy";
import { Fact, Facts } from "../../../../parts/Facts";
import { LinkAnchor, LinkButton } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { Tile, Tiles } from "../../../../parts/Tile";
import { When } from "../../../../parts/When";
import { DayTile, MonthTile } from "../../_workspace/overview/-tiles";
import { GiveCredit, Suspend } from "./-actions";
import { LetIn } from "./-state";

const Changes = lazy(() => import("./-rules"));
const Look = lazy(() => import("./-look"));
const Lists = lazy(() => import("./-lists"));

export const Route = createFileRoute("/_app/operator/workspaces/$workspace")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context, params }) => context.client.ensureQueryData(workspaceQuery(params.workspace)),
  component: WorkspacePage,
});

function WorkspacePage() {
  const { workspace: id } = Route.useParams();
  const workspace = useSuspenseQuery(workspaceQuery(id)).data;
  return (
    <Page
      title={workspace.name}
      actions={
        <LinkButton to="/operator/workspaces" variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          {words.back}
        </LinkButton>
      }
    >
      <Group gap="xs">
        <GiveCredit to={workspace} />
        <LinkButton to="/operator/requests" search={{ workspace: workspace.id }} variant="default">
          {words.requests}
        </LinkButton>
        <Suspend of={workspace} />
      </Group>
      <Money of={workspace} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <What of={workspace} />
        <Suspense fallback={null}>
          <Changes of={workspace} />
        </Suspense>
      </SimpleGrid>
      <Suspense fallback={null}>
        <Lists of={workspace.id} />
      </Suspense>
    </Page>
  );
}

function What({ of: workspace }: { of: Workspace }) {
  return (
    <Section title={words.facts}>
      <Facts>
        <Fact name={words.state}>
          <LetIn of={workspace} />
        </Fact>
        <Fact name={words.slug}>
          <Code className="unbroken">{workspace.slug}</Code>
        </Fact>
        <Fact name={words.id}>
          <Copyable value={workspace.id} what={words.id.toLowerCase()} />
        </Fact>
        <Fact name={words.made}>
          <When at={workspace.created_at} />
        </Fact>
      </Facts>
      <Suspense fallback={null}>
        <Look at={workspace} />
      </Suspense>
      <Stack gap={2} align="flex-start">
        <LinkAnchor to="/overview" search={{ workspace: workspace.slug }}>
          {words.open}
        </LinkAnchor>
        <Text size="sm" c="dimmed">
          {words.openAbout}
        </Text>
      </Stack>
    </Section>
  );
}

function Money({ of: workspace }: { of: Workspace }) {
  const spans = useMemo(() => {
    const now = Date.now();
    return { month: spanOf({ range: "month" }, now), day: spanOf({ range: "24h" }, now) };
  }, []);
  const which = { workspace: workspace.id };
  const month = useQuery(factsQuery(null, { which, from: spans.month.from, until: spans.month.until })).data;
  const day = useQuery(factsQuery(null, { which, from: spans.day.from, until: spans.day.until })).data;
  const balance = usdExact(workspace.balance_usd);
  return (
    <Tiles>
      <Tile
        name={words.balance}
        figure={usd(workspace.balance_usd, "down")}
        exact={balance}
        about={words.exactly(balance)}
      />
      <Tile
        name={words.held}
        figure={usd(workspace.holds_usd)}
        exact={usdExact(workspace.holds_usd)}
        about={words.heldAbout}
      />
      <MonthTile name={words.month} month={month} />
      <DayTile name={words.day} day={day} />
    </Tiles>
  );
}
