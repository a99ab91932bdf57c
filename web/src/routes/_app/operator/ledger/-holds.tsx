// Credit that requests under way have reserved, the oldest first. In: the ledger. Out: a table. Never here: closing one; that is its
// request's.
import { Alert, Badge, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { count } from "../../../../lib/figures";
import { workspaceNamesQuery } from "../../../../lib/house";
import { type Hold, holdsQuery, ledgerQuery } from "../../../../lib/ledger";
import { usdExact } from "../../../../lib/money";
import { ledger } from "../../../../messages/ledger";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { Missing } from "../../../../parts/Missing";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";

const words = ledger.holds;

/** The part of the page. */
export function Holds() {
  const { data: page, error } = useQuery(holdsQuery);
  const many = useQuery(ledgerQuery).data?.open_holds ?? 0;
  const names = useQuery(workspaceNamesQuery).data ?? {};
  if (!page) {
    return (
      <Section title={words.title} about={words.about}>
        <Missing error={error} />
      </Section>
    );
  }
  const overdue = page.data.filter((hold) => hold.overdue).length;
  return (
    <Section title={words.title} about={words.about}>
      {overdue > 0 ? (
        <Alert color="orange" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {words.overdue(overdue)}
        </Alert>
      ) : null}
      {page.data.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <DataTable
          label={words.title}
          columns={columns(names)}
          rows={page.data}
          rowKey={(hold) => hold.request_id}
          times
        />
      )}
      {page.next && many > page.data.length ? (
        <Text size="sm" c="dimmed">
          {words.cut(count(page.data.length), count(many))}
        </Text>
      ) : null}
    </Section>
  );
}

function columns(names: Readonly<Record<string, string>>): readonly Column<Hold>[] {
  const { request, workspace, amount, since, state } = words.columns;
  return [
    {
      key: "request",
      head: request,
      cell: (hold) => (
        <LinkAnchor
          to="/operator/requests/$request"
          params={{ request: hold.request_id }}
          inherit
          className="unbroken"
          miw={110}
        >
          {hold.request_id}
        </LinkAnchor>
      ),
    },
    {
      key: "workspace",
      head: workspace,
      from: "sm",
      cell: (hold) => (
        <LinkAnchor
          to="/operator/workspaces/$workspace"
          params={{ workspace: hold.workspace }}
          inherit
          className="unbroken"
        >
          {names[hold.workspace] ?? hold.workspace}
        </LinkAnchor>
      ),
    },
    { key: "amount", head: amount, figures: true, cell: (hold) => usdExact(hold.amount_usd) },
    {
      key: "since",
      head: since,
      from: "xs",
      cell: (hold) => (
        <Stack gap={0}>
          <When at={hold.since} as="distance" />
          <Text size="xs" c="dimmed" visibleFrom="md">
            {words.due} <When at={hold.due_at} as="second" />
          </Text>
        </Stack>
      ),
    },
    { key: "state", head: state, cell: (hold) => <State of={hold} /> },
  ];
}

function State({ of: hold }: { of: Hold }) {
  if (hold.overdue) return <Badge color="orange">{words.states.overdue}</Badge>;
  return <Badge color={hold.task ? "blue" : "teal"}>{hold.task ? words.states.task : words.states.call}</Badge>;
}
