// Addresses that are shut out after failed tries: why, since when, until when; one is let in again. What a node knows is said.
import { Button, Stack, Text } from "@mantine/core";
import { IconRefresh, IconShieldCheck } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { confirm } from "../../../lib/confirm";
import { count } from "../../../lib/figures";
import { type AddressBlocked, blocksQuery } from "../../../lib/platform";
import { tellDone } from "../../../lib/toasts";
import { blocks as words } from "../../../messages/platform";
import { type Column, DataTable } from "../../../parts/DataTable";
import { Empty, Page } from "../../../parts/Page";
import { When } from "../../../parts/When";

export const Route = createFileRoute("/_app/operator/address-blocks")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context }) => context.client.ensureQueryData(blocksQuery),
  component: AddressBlocks,
});

function AddressBlocks() {
  const { data: told, refetch, isFetching } = useSuspenseQuery(blocksQuery);
  return (
    <Page
      title={words.title}
      about={`${words.about(count(told.failures))} ${known(told)}`}
      actions={
        <Button
          variant="default"
          loading={isFetching}
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => void refetch()}
        >
          {words.again}
        </Button>
      }
    >
      {told.data.length === 0 ? (
        <Empty Icon={IconShieldCheck} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={words.title}
          columns={columns(words.why(count(told.failures)))}
          rows={told.data}
          rowKey={(block) => block.network}
          times
        />
      )}
      {told.left_out > 0 ? <Text c="dimmed">{words.more(count(told.left_out))}</Text> : null}
    </Page>
  );
}

/** What the answer is worth, where there are several nodes. */
function known({ known_by: by, nodes }: components["schemas"]["AddressBlocks"]): string {
  if (by !== "local") return words.known[by];
  return nodes > 1 ? words.known.local(count(nodes)) : words.known.localOne;
}

function columns(why: string): readonly Column<AddressBlocked>[] {
  return [
    {
      key: "network",
      head: words.columns.network,
      cell: (block) => (
        <Stack gap={0} miw={120}>
          <Text fw={600} className="unbroken">
            {block.network}
          </Text>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            {why}
          </Text>
          <Text size="xs" c="dimmed" hiddenFrom="xs">
            {words.untilIs} <When at={block.until} as="second" />
          </Text>
        </Stack>
      ),
    },
    { key: "why", head: words.columns.why, from: "sm", cell: () => why },
    { key: "since", head: words.columns.since, from: "md", cell: (block) => <When at={block.since} as="second" /> },
    { key: "until", head: words.columns.until, from: "xs", cell: (block) => <When at={block.until} as="second" /> },
    { key: "lift", head: words.lift.action, quiet: true, cell: (block) => <Lift of={block} /> },
  ];
}

function Lift({ of: { address, network } }: { of: AddressBlocked }) {
  const client = useQueryClient();
  const ask = () =>
    confirm({
      title: words.lift.title(network),
      consequence: words.lift.consequence(network),
      action: words.lift.action,
      danger: false,
      run: async () => {
        await take(api.DELETE("/address-blocks/{address}", { params: { path: { address } } }));
        await client.invalidateQueries({ queryKey: blocksQuery.queryKey });
        tellDone(words.lift.done(network));
      },
    });
  return (
    <Button variant="subtle" size="compact-sm" onClick={ask} aria-label={words.lift.actionOf(network)}>
      {words.lift.action}
    </Button>
  );
}
