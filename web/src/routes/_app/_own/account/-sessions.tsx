// Where the user is signed in, and ending it there.
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { components } from "#schema";
import { sessionsQuery } from "../../../../lib/account";
import { agentOf } from "../../../../lib/agent";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { tellDone } from "../../../../lib/toasts";
import { account } from "../../../../messages/account";
import { common } from "../../../../messages/common";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";

type One = components["schemas"]["Session"];

const words = account.sessions;

/** The list. */
export function Sessions() {
  const { data } = useSuspenseQuery(sessionsQuery).data;
  const endAll = useEndAll();
  return (
    <Section title={words.title} about={words.about}>
      <DataTable label={words.title} columns={COLUMNS} rows={data} rowKey={(one) => one.id} times />
      {data.length > 1 ? (
        <Group>
          <Button variant="default" leftSection={<IconLogout size={16} aria-hidden />} onClick={endAll}>
            {words.endAll}
          </Button>
        </Group>
      ) : null}
    </Section>
  );
}

const COLUMNS: readonly Column<One>[] = [
  {
    key: "agent",
    head: words.columns.agent,
    cell: (one) => (
      <Stack gap={2} miw={130} align="flex-start">
        <Text fw={600} title={one.agent}>
          {named(one)}
        </Text>
        {one.current ? <Badge color="teal">{words.current}</Badge> : null}
      </Stack>
    ),
  },
  { key: "address", head: words.columns.address, from: "sm", cell: (one) => one.address },
  { key: "seen", head: words.columns.seen, from: "xs", cell: (one) => <When at={one.seen_at} as="distance" /> },
  { key: "made", head: words.columns.made, from: "md", cell: (one) => <When at={one.made_at} as="bare" /> },
  { key: "end", head: common.actions, quiet: true, cell: (one) => <End of={one} /> },
];

function named(one: One): string {
  const { browser, system } = agentOf(one.agent);
  if (browser && system) return words.on(browser, system);
  return browser ?? system ?? (one.agent.slice(0, 40) || words.unknown);
}

function End({ of: one }: { of: One }) {
  const client = useQueryClient();
  if (one.current) return null;
  const end = () =>
    confirm({
      title: words.endTitle,
      consequence: words.endConsequence,
      action: words.end,
      run: async () => {
        await take(api.DELETE("/sessions/{session}", { params: { path: { session: one.id } } }));
        await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
        tellDone(words.ended);
      },
    });
  return (
    <Button variant="subtle" size="compact-sm" onClick={end} aria-label={words.endOf(named(one))}>
      {words.end}
    </Button>
  );
}

function useEndAll(): () => void {
  const client = useQueryClient();
  return () =>
    confirm({
      title: words.endAllTitle,
      consequence: words.endAllConsequence,
      action: words.endAll,
      run: async () => {
        await take(api.DELETE("/sessions"));
        await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
        tellDone(words.ended);
      },
    });
}
