// What was looked at and how it is: the lines that the doctor tells. In: an answer of the gateway. Out: widgets. Never here: asking.
import { Badge, Stack, Text } from "@mantine/core";
import type { System } from "../../../lib/house";
import { system as words } from "../../../messages/house";
import { type Column, DataTable } from "../../../parts/DataTable";

type Check = System["checks"][number];

const COLOURS = { ok: "teal", warn: "yellow", fail: "red" } as const;
/** What is broken stands above. */
const ORDER: readonly Check["state"][] = ["fail", "warn", "ok"];

/** How something is, in words. */
export function StateBadge({ of: state }: { of: Check["state"] }) {
  return <Badge color={COLOURS[state]}>{words.states[state]}</Badge>;
}

/** What needs a look first, else in the gateway's order. */
export function worstFirst(checks: readonly Check[]): Check[] {
  return ORDER.flatMap((state) => checks.filter((check) => check.state === state));
}

const { name, state, detail, advice } = words.columns;

const COLUMNS: readonly Column<Check>[] = [
  {
    key: "name",
    head: name,
    cell: (check) => (
      <Stack gap={2} align="flex-start" miw={110}>
        <Text fw={600} className="unbroken">
          {check.name}
        </Text>
        <span className="mantine-hidden-from-sm">
          <StateBadge of={check.state} />
        </span>
      </Stack>
    ),
  },
  { key: "state", head: state, from: "sm", cell: (check) => <StateBadge of={check.state} /> },
  {
    key: "detail",
    head: detail,
    cell: (check) => (
      <Stack gap={2} maw={420}>
        <Text inherit className="unbroken">
          {check.detail}
        </Text>
        {check.advice ? (
          <Text inherit c="dimmed" className="unbroken" hiddenFrom="md">
            {check.advice}
          </Text>
        ) : null}
      </Stack>
    ),
  },
  {
    key: "advice",
    head: advice,
    from: "md",
    cell: (check) => (
      <Text inherit maw={420} className="unbroken">
        {check.advice}
      </Text>
    ),
  },
];

/** The lines as a table. */
export function Checks({ of: checks }: { of: readonly Check[] }) {
  return (
    <DataTable label={words.title} plain columns={COLUMNS} rows={worstFirst(checks)} rowKey={(check) => check.name} />
  );
}
