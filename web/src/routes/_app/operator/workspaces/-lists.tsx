// The members and the keys of a workspace, as operators look at them. Never here: a change; the workspace's own pages have these.
import { Badge, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "../../../../lib/figures";
import { stateOf } from "../../../../lib/keyRules";
import { type Key, keysQuery } from "../../../../lib/keys";
import { type Member, membersQuery } from "../../../../lib/members";
import { usdExact } from "../../../../lib/money";
import { common } from "../../../../messages/common";
import { workspace as words } from "../../../../messages/house";
import { keys } from "../../../../messages/keys";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { Missing } from "../../../../parts/Missing";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";

/** Both. They load by themselves: the page is weighed. */
export default function Lists({ of: workspace }: { of: string }) {
  return (
    <>
      <MembersOf workspace={workspace} />
      <KeysOf workspace={workspace} />
    </>
  );
}

/** The newest members. */
function MembersOf({ workspace }: { workspace: string }) {
  const { data: page, error } = useQuery(membersQuery(workspace));
  return (
    <Section title={words.members} about={page?.next ? words.membersAbout(count(page.data.length)) : undefined}>
      {page ? (
        <DataTable label={words.members} plain columns={MEMBERS} rows={page.data} rowKey={(member) => member.user} />
      ) : (
        <Missing error={error} />
      )}
    </Section>
  );
}

const MEMBERS: readonly Column<Member>[] = [
  {
    key: "name",
    head: words.memberColumns.name,
    cell: (member) => (
      <Stack gap={0} miw={140}>
        <Text fw={600} className="unbroken">
          {member.name}
        </Text>
        <Text size="xs" c="dimmed" className="unbroken">
          {member.email}
        </Text>
      </Stack>
    ),
  },
  {
    key: "role",
    head: words.memberColumns.role,
    cell: (member) => <Badge color="gray">{common.roles[member.role]}</Badge>,
  },
  { key: "since", head: words.memberColumns.since, from: "sm", cell: (member) => <When at={member.since} /> },
];

/** The newest keys; each leads to its requests. */
function KeysOf({ workspace }: { workspace: string }) {
  const { data: page, error } = useQuery(keysQuery(workspace));
  return (
    <Section title={words.keys} about={page?.next ? words.membersAbout(count(page.data.length)) : undefined}>
      {page ? <Keys rows={page.data} /> : <Missing error={error} />}
    </Section>
  );
}

function Keys({ rows }: { rows: readonly Key[] }) {
  if (rows.length === 0) return <Text c="dimmed">{words.keysNone}</Text>;
  return <DataTable label={words.keys} plain columns={KEYS} rows={rows} rowKey={(key) => key.id} />;
}

const COLOURS = { active: "teal", capped: "orange", expired: "gray", revoked: "red" } as const;

const KEYS: readonly Column<Key>[] = [
  {
    key: "name",
    head: words.keyColumns.name,
    cell: (key) => (
      <LinkAnchor
        to="/operator/requests"
        search={{ key: key.id, since: "all" }}
        inherit
        className="unbroken"
        aria-label={words.keyRequests(key.name)}
      >
        {key.name}
      </LinkAnchor>
    ),
  },
  {
    key: "spent",
    head: words.keyColumns.spent,
    figures: true,
    cell: (key) => usdExact(key.spend.total_micro_usd),
  },
  {
    key: "state",
    head: words.keyColumns.state,
    from: "xs",
    cell: (key) => <Badge color={COLOURS[stateOf(key)]}>{keys.states[stateOf(key)]}</Badge>,
  },
  { key: "made", head: words.keyColumns.made, from: "md", cell: (key) => <When at={key.created_at} /> },
];
