// Entries of a log as a table, each with its details: of a workspace, or of everybody, which operators see. In: a page of entries. Out: a
// table. Never here: asking for them, a change; the log takes none.
import { Button, Code, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { components } from "#schema";
import { log } from "../../../messages/log";
import { Copyable } from "../../../parts/Copy";
import { type Column, DataTable, Pager } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { Fact, Facts } from "../../../parts/Facts";
import { When } from "../../../parts/When";

/** An entry. */
export type Entry = components["schemas"]["LogEntry"];

interface LogTableProps {
  rows: readonly Entry[];
  next: string | null | undefined;
  before: string | undefined;
  /** What actions are called, beside those of a workspace. */
  actions?: Readonly<Record<string, string>>;
  /** What only a log of everybody has: in which workspace it was. */
  more?: readonly Column<Entry>[];
}

/** The table. */
export function LogTable({ rows, next, before, actions = {}, more = [] }: LogTableProps) {
  const told = (entry: Entry) => actions[entry.action] ?? log.actions[entry.action] ?? entry.action;
  return (
    <DataTable
      label={log.title}
      columns={columns(told, more)}
      rows={rows}
      rowKey={(entry) => `${entry.at}${entry.action}${entry.object}`}
      times
      foot={<Pager next={next ?? null} before={before} />}
    />
  );
}

function columns(told: (entry: Entry) => string, more: readonly Column<Entry>[]): readonly Column<Entry>[] {
  return [
    { key: "at", head: log.columns.at, from: "sm", cell: (entry) => <When at={entry.at} as="bare" /> },
    {
      key: "action",
      head: log.columns.action,
      cell: (entry) => (
        <Stack gap={0} miw={130}>
          <Text fw={600}>{told(entry)}</Text>
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
    ...more,
    { key: "address", head: log.columns.address, from: "lg", cell: (entry) => entry.address },
    { key: "details", head: log.details, quiet: true, cell: (entry) => <Details of={entry} title={told(entry)} /> },
  ];
}

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

function Details({ of: entry, title }: { of: Entry; title: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={() => setOpened(true)}>
        {log.details}
      </Button>
      <Dialog opened={opened} close={() => setOpened(false)} look="wide" title={title}>
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
