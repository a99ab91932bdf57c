// What was done in a workspace, newest first, with what was before and after. Never here: a change; the log takes none.
import { Button, Code, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { pageOf } from "../../../lib/search";
import { log } from "../../../messages/log";
import { Copyable } from "../../../parts/Copy";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { Fact, Facts } from "../../../parts/Facts";
import { Empty, Page } from "../../../parts/Page";
import { When } from "../../../parts/When";

type Entry = components["schemas"]["LogEntry"];

const PAGE_ROWS = 50;

const logQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["log", workspace, { before }],
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/log", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });

export const Route = createFileRoute("/_app/_workspace/audit-log")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context, deps }) => context.client.ensureQueryData(logQuery(context.workspaceName, deps.before)),
  component: AuditLog,
});

function AuditLog() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const { data, next } = useSuspenseQuery(logQuery(workspaceName, before)).data;
  return (
    <Page title={log.title} about={log.about}>
      {data.length === 0 && !before ? (
        <Empty Icon={IconHistory} title={log.none}>
          {log.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={log.title}
          columns={COLUMNS}
          rows={data}
          rowKey={(entry) => `${entry.at}${entry.action}${entry.object}`}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
    </Page>
  );
}

const told = (action: string) => log.actions[action] ?? action;

const COLUMNS: readonly Column<Entry>[] = [
  { key: "at", head: log.columns.at, from: "sm", cell: (entry) => <When at={entry.at} as="bare" /> },
  {
    key: "action",
    head: log.columns.action,
    cell: (entry) => (
      <Stack gap={0} miw={130}>
        <Text fw={600}>{told(entry.action)}</Text>
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          <When at={entry.at} as="bare" />
        </Text>
      </Stack>
    ),
  },
  {
    key: "actor",
    head: log.columns.actor,
    from: "xs",
    cell: (entry) => (
      <Text inherit maw={220} className="unbroken">
        {entry.actor}
      </Text>
    ),
  },
  {
    key: "object",
    head: log.columns.object,
    from: "md",
    cell: (entry) => <Code className="unbroken">{nameOf(entry)}</Code>,
  },
  { key: "address", head: log.columns.address, from: "lg", cell: (entry) => entry.address },
  { key: "details", head: log.details, quiet: true, cell: (entry) => <Details of={entry} /> },
];

/** What it was done to, by its name where the entry has one. */
function nameOf(entry: Entry): string {
  for (const state of [entry.after, entry.before, entry.detail]) {
    if (typeof state !== "object" || state === null) continue;
    const { name, email, label } = state as Record<string, unknown>;
    const found = [name, email, label].find((one) => typeof one === "string");
    if (typeof found === "string") return found;
  }
  return entry.object;
}

function Details({ of: entry }: { of: Entry }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={() => setOpened(true)}>
        {log.details}
      </Button>
      <Dialog opened={opened} close={() => setOpened(false)} look="wide" title={told(entry.action)}>
        <Stack>
          <Facts>
            <Fact name={log.columns.at}>
              <When at={entry.at} />
            </Fact>
            <Fact name={log.columns.actor}>{entry.actor}</Fact>
            <Fact name={log.columns.address}>{entry.address}</Fact>
            <Fact name={log.columns.action}>
              <Code>{entry.action}</Code>
            </Fact>
            <Fact name={log.columns.object}>
              <Copyable value={entry.object} what={log.columns.object.toLowerCase()} />
            </Fact>
          </Facts>
          <State title={log.before} of={entry.before} />
          <State title={log.after} of={entry.after} />
          <State title={log.more} of={entry.detail} />
        </Stack>
      </Dialog>
    </>
  );
}

/** A state as it was kept; one without anything in it is left out. */
function State({ title, of: state }: { title: string; of: unknown }) {
  const empty = state === null || state === undefined || (typeof state === "object" && Object.keys(state).length === 0);
  if (empty) return null;
  return (
    <Stack gap={4}>
      <Text fw={600}>{title}</Text>
      <Code block tabIndex={0} mah={240} style={{ overflow: "auto" }}>
        {JSON.stringify(state, null, 2)}
      </Code>
    </Stack>
  );
}
