// Keys that the workspace brings to providers: added sealed, told masked, with what the provider last said to them.
import { Badge, Button, Code, Stack, Text } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useHere } from "../../../lib/here";
import { type ProviderKey, providerKeysQuery, providersQuery } from "../../../lib/providers";
import { pageOf } from "../../../lib/search";
import { distance } from "../../../lib/time";
import { common } from "../../../messages/common";
import { providerKeys as words } from "../../../messages/providerKeys";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { Empty, Page } from "../../../parts/Page";
import { When } from "../../../parts/When";
import { AddProviderKey, ProviderKeyMenu } from "./-provider-key";

export const Route = createFileRoute("/_app/_workspace/provider-keys")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: async ({ context: { client, workspaceName }, deps }) => {
    await Promise.all([
      client.ensureQueryData(providersQuery(workspaceName)),
      client.ensureQueryData(providerKeysQuery(workspaceName, deps.before)),
    ]);
  },
  component: ProviderKeys,
});

function ProviderKeys() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const here = useHere();
  const offered = useSuspenseQuery(providersQuery(workspaceName)).data;
  const { data, next } = useSuspenseQuery(providerKeysQuery(workspaceName, before)).data;
  const [adding, setAdding] = useState(false);
  const changes = here.may("providers.change") && offered.data.length > 0;
  const none = data.length === 0 && !before;
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {words.add}
    </Button>
  );
  return (
    <Page
      title={words.title}
      about={offered.own_providers_only ? words.only : words.about}
      actions={changes && !none ? add : null}
    >
      {none ? (
        <Nothing closed={offered.data.length === 0} changes={changes} action={changes ? add : null} />
      ) : (
        <DataTable
          label={words.title}
          columns={changes ? [...COLUMNS, MENU] : COLUMNS}
          rows={data}
          rowKey={(key) => key.id}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
      <Dialog opened={adding} close={() => setAdding(false)} title={words.form.title}>
        <AddProviderKey offered={offered.data} close={() => setAdding(false)} />
      </Dialog>
    </Page>
  );
}

function Nothing({ closed, changes, action }: { closed: boolean; changes: boolean; action: React.ReactNode }) {
  const [title, detail] = closed
    ? [words.closed, words.closedDetail]
    : changes
      ? [words.none, words.noneDetail]
      : [words.noneLook, words.noneLookDetail];
  return (
    <Empty Icon={IconPlugConnected} title={title} action={action}>
      {detail}
    </Empty>
  );
}

const COLUMNS: readonly Column<ProviderKey>[] = [
  {
    key: "label",
    head: words.columns.label,
    cell: (key) => (
      <Stack gap={0} miw={130}>
        <Text fw={600} className="unbroken">
          {key.label}
        </Text>
        <Text size="xs" c="dimmed" className="unbroken">
          {key.provider}
        </Text>
      </Stack>
    ),
  },
  { key: "key", head: words.columns.key, from: "sm", cell: (key) => <Code>{key.masked}</Code> },
  { key: "state", head: words.columns.state, cell: (key) => <State of={key} /> },
  {
    key: "by",
    head: words.columns.by,
    from: "lg",
    cell: (key) => (
      <Text inherit className="unbroken" maw={220}>
        {key.created_by}
      </Text>
    ),
  },
  { key: "at", head: words.columns.at, from: "md", cell: (key) => <When at={key.created_at} as="bare" /> },
];

const MENU: Column<ProviderKey> = {
  key: "menu",
  head: common.actions,
  quiet: true,
  cell: (key) => <ProviderKeyMenu of={key} />,
};

const COLOURS = { unused: "gray", works: "teal", refused: "red" } as const;

function State({ of: key }: { of: ProviderKey }) {
  if (!key.in_use) {
    return (
      <Badge color="orange" title={words.restingWhy}>
        {words.states.resting}
      </Badge>
    );
  }
  return (
    <Stack gap={2} align="flex-start">
      <Badge color={COLOURS[key.state]}>{words.states[key.state]}</Badge>
      {key.state_at ? (
        <Text size="xs" c="dimmed">
          {words.stateAt(distance(key.state_at))}
        </Text>
      ) : null}
    </Stack>
  );
}
