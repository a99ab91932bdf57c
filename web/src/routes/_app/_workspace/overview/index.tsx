// The first page after a sign-in: what credit is left and how fast it goes, what was asked for and how it ended, what may be asked for.
import { Alert, SimpleGrid } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { IconAlertTriangle } from "@tabler/icons-react";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useHere } from "../../../../lib/here";
import { RECENT_ROWS, requestsQuery } from "../../../../lib/requests";
import { overview as words } from "../../../../messages/usage";
import { LiveMark } from "../../../../parts/LiveMark";
import { LinkButton } from "../../../../parts/links";
import { Page } from "../../../../parts/Page";
import { Health } from "./-health";
import { LimitsLeft } from "./-limits";
import { RecentRows, useRecent } from "./-recent";
import { GettingStarted } from "./-start";
import { Tiles } from "./-tiles";

export const Route = createFileRoute("/_app/_workspace/overview/")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context }) =>
    context.client.ensureQueryData(requestsQuery(context.workspaceName, {}, undefined, RECENT_ROWS)),
  component: Overview,
});

function Overview() {
  const { name, workspace } = useHere();
  const recent = useRecent();
  // Who sees the first steps sees them done; they go with the page.
  const [began] = useState(recent.page.data.length === 0);
  return (
    <Page title={words.title} about={workspace.name} actions={<LiveMark standing={recent.standing} />}>
      {workspace.rules.api_off ? (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden />} title={words.apiOff} />
      ) : null}
      {workspace.balance_micro_usd <= 0 ? (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden />} title={words.empty}>
          {words.emptyDetail}
        </Alert>
      ) : null}
      {began ? <GettingStarted first={recent.page.data.filter(({ status }) => status < 400).at(-1) ?? null} /> : null}
      <Tiles />
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <Health />
        <LimitsLeft />
      </SimpleGrid>
      <RecentRows
        title={words.recent}
        rows={recent.page.data}
        fresh={recent.isFresh}
        all={
          <LinkButton to="/requests" variant="subtle" size="xs" key={name}>
            {words.all}
          </LinkButton>
        }
      />
    </Page>
  );
}
