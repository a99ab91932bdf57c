// What moved balances besides requests, of everybody or of one workspace. In: what the address says. Out: a table, another address.
import { Badge, Stack, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { type Movement, movementsQuery } from "../../../../lib/ledger";
import { usdColumn } from "../../../../lib/money";
import { ledger } from "../../../../messages/ledger";
import { type Column, DataTable, Pager } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { Whose } from "../-whose";

const words = ledger.moves;

interface MovementsProps {
  /** The workspace whose they are; everybody's where there is none. */
  of: string | undefined;
  before: string | undefined;
  choose: (workspace: string | undefined) => void;
}

/** The part of the page. */
export function Movements({ of, before, choose }: MovementsProps) {
  const { data, next } = useSuspenseQuery(movementsQuery(of, before)).data;
  return (
    <Section title={words.title} about={words.about}>
      <Whose label={words.workspace} all={words.anybody} of={of} choose={choose} />
      {data.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <DataTable
          label={words.title}
          columns={columns(usdColumn(data.map((row) => row.amount_usd)), data)}
          rows={data}
          rowKey={keyOf}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
    </Section>
  );
}

const keyOf = (row: Movement) => [row.at, row.grant, row.what, row.amount_usd].join();

function columns(amounts: readonly string[], rows: readonly Movement[]): readonly Column<Movement>[] {
  const { at, workspace, what, amount, reason, by } = words.columns;
  const told = new Map(rows.map((row, n) => [row, amounts[n] ?? ""]));
  return [
    { key: "at", head: at, from: "sm", cell: (row) => <When at={row.at} as="bare" /> },
    {
      key: "workspace",
      head: workspace,
      cell: (row) => (
        <Stack gap={0} miw={110} maw={240} align="flex-start">
          <LinkAnchor
            to="/operator/workspaces/$workspace"
            params={{ workspace: row.workspace }}
            inherit
            className="unbroken"
          >
            {row.workspace_name ?? row.workspace}
          </LinkAnchor>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <When at={row.at} as="bare" />
          </Text>
          <span className="mantine-hidden-from-xs">
            <What of={row} />
          </span>
          <Text size="xs" c="dimmed" hiddenFrom="md" className="unbroken">
            {row.reason}
          </Text>
        </Stack>
      ),
    },
    { key: "what", head: what, from: "xs", cell: (row) => <What of={row} /> },
    {
      key: "amount",
      head: amount,
      figures: true,
      cell: (row) => `${row.what === "expired" ? "−" : ""}${told.get(row)}`,
    },
    {
      key: "reason",
      head: reason,
      from: "md",
      cell: (row) => (
        <Text inherit maw={320} miw={150} className="unbroken">
          {row.reason}
        </Text>
      ),
    },
    {
      key: "by",
      head: by,
      from: "lg",
      cell: (row) => (
        <Text inherit maw={200} miw={140} className="unbroken">
          {row.by}
        </Text>
      ),
    },
  ];
}

function What({ of: row }: { of: Movement }) {
  if (row.what === "expired") return <Badge color="orange">{words.expired}</Badge>;
  return (
    <Stack gap={2} align="flex-start">
      <Badge color={row.kind === "paid" ? "teal" : "blue"}>{words.kinds[row.kind]}</Badge>
      {row.expires_at ? (
        <Text size="xs" c="dimmed">
          {words.until} <When at={row.expires_at} as="bare" />
        </Text>
      ) : null}
    </Stack>
  );
}
