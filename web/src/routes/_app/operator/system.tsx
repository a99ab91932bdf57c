// How the gateway is, line by line, and what to do where something is not as it should be.
import { Button, Group } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { systemQuery } from "../../../lib/house";
import { system as words } from "../../../messages/house";
import { Fact, Facts } from "../../../parts/Facts";
import { Page } from "../../../parts/Page";
import { When } from "../../../parts/When";
import { Checks, StateBadge } from "./-checks";

export const Route = createFileRoute("/_app/operator/system")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context }) => context.client.ensureQueryData(systemQuery),
  component: SystemPage,
});

function SystemPage() {
  const { data: system, refetch, isFetching } = useSuspenseQuery(systemQuery);
  return (
    <Page
      title={words.title}
      about={words.about(system.version)}
      actions={
        <Group>
          <StateBadge of={system.state} />
          <Button
            variant="default"
            loading={isFetching}
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => void refetch()}
          >
            {words.again}
          </Button>
        </Group>
      }
    >
      <Facts>
        <Fact name={words.since}>
          <When at={system.started_at} />
        </Fact>
      </Facts>
      <Checks of={system.checks} />
    </Page>
  );
}
