// The keys of a workspace, a page at a time: what each may spend and has spent. Developers see their own.
import { Group, Stack, Text } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useHere } from "../../../../lib/here";
import { type Key, keysQuery } from "../../../../lib/keys";
import { usd } from "../../../../lib/money";
import { pageOf } from "../../../../lib/search";
import { common } from "../../../../messages/common";
import { keys } from "../../../../messages/keys";
import { type Column, DataTable, Pager } from "../../../../parts/DataTable";
import { LinkAnchor, LinkButton } from "../../../../parts/links";
import { Empty, Page } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { SetUp } from "./-install";
import { KeyMenu, KeyStateBadge } from "./-key";

export const Route = createFileRoute("/_app/_workspace/keys/")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context, deps }) => context.client.ensureQueryData(keysQuery(context.workspaceName, deps.before)),
  component: Keys,
});

function Keys() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const here = useHere();
  const { data, next } = useSuspenseQuery(keysQuery(workspaceName, before)).data;
  const makes = here.may("keys.make");
  const ways = (
    <>
      <LinkButton to="/keys/new" leftSection={<IconPlus size={16} aria-hidden />}>
        {keys.create}
      </LinkButton>
      <SetUp />
    </>
  );
  const none = data.length === 0 && !before;
  return (
    <Page
      title={keys.title}
      about={here.role === "developer" ? keys.aboutOwn : keys.about}
      actions={makes && !none ? ways : null}
    >
      {none ? (
        <Empty
          Icon={IconKey}
          title={makes ? keys.empty : keys.emptyLook}
          action={makes ? <Group gap="xs">{ways}</Group> : null}
        >
          {makes ? keys.emptyDetail : keys.emptyLookDetail}
        </Empty>
      ) : (
        <DataTable
          label={keys.title}
          columns={makes ? [...COLUMNS, MENU] : COLUMNS}
          rows={data}
          rowKey={(key) => key.id}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<Key>[] = [
  {
    key: "name",
    head: keys.columns.name,
    cell: (key) => (
      <Stack gap={0} maw={280} miw={140}>
        <LinkAnchor to="/keys/$key" params={{ key: key.id }} fw={600} className="unbroken">
          {key.name}
        </LinkAnchor>
        <Text size="xs" c="dimmed" ff="monospace">
          {key.prefix}…
        </Text>
      </Stack>
    ),
  },
  { key: "state", head: keys.columns.state, cell: (key) => <KeyStateBadge of={key} /> },
  { key: "month", head: keys.columns.month, figures: true, from: "xs", cell: (key) => <Month of={key} /> },
  { key: "total", head: keys.columns.total, figures: true, from: "md", cell: (key) => usd(key.spend.total_micro_usd) },
  {
    key: "used",
    head: keys.columns.used,
    from: "sm",
    cell: (key) => (key.last_used_at ? <When at={key.last_used_at} as="distance" /> : <Dim>{keys.neverUsed}</Dim>),
  },
  {
    key: "by",
    head: keys.columns.by,
    from: "lg",
    cell: (key) => (
      <Text inherit maw={200} truncate title={key.created_by}>
        {key.created_by}
      </Text>
    ),
  },
  {
    key: "ends",
    head: keys.columns.ends,
    from: "md",
    cell: (key) => (key.expires_at ? <When at={key.expires_at} as="bare" /> : <Dim>{keys.noEnd}</Dim>),
  },
];

const MENU: Column<Key> = { key: "menu", head: common.actions, quiet: true, cell: (key) => <KeyMenu of={key} /> };

function Dim({ children }: { children: string }) {
  return (
    <Text inherit c="dimmed" component="span">
      {children}
    </Text>
  );
}

function Month({ of: key }: { of: Key }) {
  const cap = key.rules.caps.month_micro_usd;
  const spent = usd(key.spend.month_micro_usd);
  return typeof cap === "number" ? keys.ofCap(spent, usd(cap)) : spent;
}
