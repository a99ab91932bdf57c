// The people of a workspace: members with their roles, invitations, and what each member may spend.
import { Badge, Button, Stack, Text } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { useHere } from "../../../../lib/here";
import { invitationsQuery, type Member, membersQuery } from "../../../../lib/members";
import { may } from "../../../../lib/roles";
import { pageOf } from "../../../../lib/search";
import { roleIn, workspaceQuery } from "../../../../lib/workspace";
import { common } from "../../../../messages/common";
import { team } from "../../../../messages/team";
import { type Column, DataTable, Pager } from "../../../../parts/DataTable";
import { Dialog } from "../../../../parts/Dialog";
import { Page } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { QuotaSection } from "../-quota";
import { Invitations, Invite } from "./-invitations";
import { MemberMenu } from "./-member";

export const Route = createFileRoute("/_app/_workspace/team/")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: async ({ context, deps }) => {
    const { client, workspaceName, session } = context;
    await client.ensureQueryData(membersQuery(workspaceName, deps.before));
    const workspace = await client.ensureQueryData(workspaceQuery(workspaceName));
    if (may(roleIn(workspace, session), "members.change"))
      await client.ensureQueryData(invitationsQuery(workspaceName));
  },
  component: Team,
});

function Team() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const here = useHere();
  const members = useSuspenseQuery(membersQuery(workspaceName, before)).data;
  const [inviting, setInviting] = useState(false);
  const heads = here.may("members.change");
  return (
    <Page
      title={team.title}
      about={team.about}
      actions={
        heads ? (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
            {team.invite}
          </Button>
        ) : null
      }
    >
      <DataTable
        label={team.members}
        columns={COLUMNS}
        rows={members.data}
        rowKey={(member) => member.user}
        times
        foot={<Pager next={members.next ?? null} before={before} />}
      />
      {heads ? <Invitations workspace={workspaceName} /> : null}
      <QuotaSection of="member" title={team.quota.member} about={team.quota.memberAbout} />
      <Dialog opened={inviting} close={() => setInviting(false)} title={team.invitations.form}>
        <Invite close={() => setInviting(false)} />
      </Dialog>
    </Page>
  );
}

const COLUMNS: readonly Column<Member>[] = [
  { key: "name", head: team.columns.name, cell: (member) => <Name of={member} /> },
  { key: "role", head: team.columns.role, cell: (member) => <Badge color="gray">{common.roles[member.role]}</Badge> },
  { key: "since", head: team.columns.since, from: "sm", cell: (member) => <When at={member.since} as="bare" /> },
  { key: "menu", head: common.actions, quiet: true, cell: (member) => <MemberMenu of={member} /> },
];

function Name({ of: member }: { of: Member }) {
  const { session } = useHere();
  return (
    <Stack gap={0} miw={140}>
      <Text fw={600} className="unbroken">
        {member.name}
        {member.user === session.user.id ? ` (${team.you})` : ""}
      </Text>
      <Text size="xs" c="dimmed" className="unbroken">
        {member.email}
      </Text>
    </Stack>
  );
}
