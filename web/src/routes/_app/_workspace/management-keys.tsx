// Keys for programs that manage the workspace: made for a role and a time, shown once, revoked.
import { Badge, Button, Code, Stack, Text } from "@mantine/core";
import { IconBan, IconDots, IconPlus, IconRobot } from "@tabler/icons-react";
import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { confirm } from "../../../lib/confirm";
import { useHere } from "../../../lib/here";
import { pageOf } from "../../../lib/search";
import { tellDone } from "../../../lib/toasts";
import { common } from "../../../messages/common";
import { keys } from "../../../messages/keys";
import { managementKeys as words } from "../../../messages/managementKeys";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { ManageSecret } from "../../../parts/ManageSecret";
import { Menu, MenuItem } from "../../../parts/Menu";
import { Empty, Page } from "../../../parts/Page";
import { When } from "../../../parts/When";
import { MakeManagementKey } from "./-management-key";

type ManagementKey = components["schemas"]["ManagementKey"];

const PAGE_ROWS = 100;

const managementKeysQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["management-keys", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/management-keys", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });

export const Route = createFileRoute("/_app/_workspace/management-keys")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context, deps }) =>
    context.client.ensureQueryData(managementKeysQuery(context.workspaceName, deps.before)),
  component: ManagementKeys,
});

function ManagementKeys() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const { data, next } = useSuspenseQuery(managementKeysQuery(workspaceName, before)).data;
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const none = data.length === 0 && !before;
  const make = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      {words.create}
    </Button>
  );
  return (
    <Page title={words.title} about={words.about} actions={none ? null : make}>
      {none ? (
        <Empty Icon={IconRobot} title={words.none} action={make}>
          {words.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={words.title}
          columns={COLUMNS}
          rows={data}
          rowKey={(key) => key.id}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
      <Dialog opened={making} close={() => setMaking(false)} title={words.form.title}>
        <MakeManagementKey close={() => setMaking(false)} made={setSecret} />
      </Dialog>
      <ManageSecret value={secret} done={() => setSecret(null)} words={{ ...keys.secret, ...words.secret }} />
    </Page>
  );
}

function stateOf(key: ManagementKey): keyof typeof words.states {
  if (key.revoked_at) return "revoked";
  return Date.parse(key.expires_at) <= Date.now() ? "expired" : "active";
}

const COLOURS = { active: "teal", expired: "gray", revoked: "red" } as const;

const COLUMNS: readonly Column<ManagementKey>[] = [
  {
    key: "name",
    head: words.columns.name,
    cell: (key) => (
      <Stack gap={0} miw={130}>
        <Text fw={600} className="unbroken">
          {key.name}
        </Text>
        <Text size="xs" c="dimmed">
          <Code>{key.prefix}…</Code>
        </Text>
      </Stack>
    ),
  },
  {
    key: "state",
    head: words.columns.state,
    cell: (key) => <Badge color={COLOURS[stateOf(key)]}>{words.states[stateOf(key)]}</Badge>,
  },
  { key: "role", head: words.columns.role, from: "sm", cell: (key) => common.roles[key.role] },
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
  { key: "made", head: words.columns.made, from: "lg", cell: (key) => <When at={key.created_at} as="bare" /> },
  { key: "ends", head: words.columns.ends, from: "xs", cell: (key) => <When at={key.expires_at} as="bare" /> },
  { key: "menu", head: common.actions, quiet: true, cell: (key) => <KeyMenu of={key} /> },
];

function KeyMenu({ of: key }: { of: ManagementKey }) {
  const { workspace } = useHere();
  const client = useQueryClient();
  if (key.revoked_at) return null;
  const revoke = () =>
    confirm({
      title: words.revoke.title(key.name),
      consequence: words.revoke.consequence,
      action: words.revoke.action,
      run: async () => {
        const path = { workspace: workspace.id, key: key.id };
        await take(api.DELETE("/workspaces/{workspace}/management-keys/{key}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["management-keys"] });
        tellDone(words.revoke.done(key.name));
      },
    });
  return (
    <Menu label={common.actionsFor(key.name)} target={<IconDots size={18} aria-hidden />} width={180}>
      <MenuItem danger icon={<IconBan size={16} aria-hidden />} onClick={revoke}>
        {words.revoke.menu}
      </MenuItem>
    </Menu>
  );
}
