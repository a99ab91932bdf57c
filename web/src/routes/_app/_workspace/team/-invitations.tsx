// Invitations: who is invited as what, the form for another one, and taking one back.
import { Badge, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDots, IconMailX } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { useSending } from "../../../../lib/form";
import { useHere } from "../../../../lib/here";
import { type Invitation, invitationsQuery } from "../../../../lib/members";
import type { Role } from "../../../../lib/roles";
import { tellDone } from "../../../../lib/toasts";
import { common } from "../../../../messages/common";
import { team } from "../../../../messages/team";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { FormFoot } from "../../../../parts/FormFoot";
import { TextInput } from "../../../../parts/fields";
import { Menu, MenuItem } from "../../../../parts/Menu";
import { Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { RoleField } from "./-member";

const words = team.invitations;
const COLOURS: Record<Invitation["state"], string> = {
  open: "toll",
  accepted: "teal",
  withdrawn: "gray",
  ended: "gray",
};

/** The newest invitations of a workspace; older ones are told by the log. */
export function Invitations({ workspace }: { workspace: string }) {
  const { data } = useSuspenseQuery(invitationsQuery(workspace)).data;
  return (
    <Section title={words.title} about={words.about}>
      {data.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <DataTable label={words.title} columns={COLUMNS} rows={data} rowKey={(one) => one.id} times />
      )}
    </Section>
  );
}

const COLUMNS: readonly Column<Invitation>[] = [
  {
    key: "email",
    head: team.columns.email,
    cell: (one) => (
      <Text inherit className="unbroken" miw={140}>
        {one.email}
      </Text>
    ),
  },
  { key: "role", head: team.columns.role, from: "xs", cell: (one) => common.roles[one.role] },
  {
    key: "state",
    head: team.columns.state,
    cell: (one) => <Badge color={COLOURS[one.state]}>{words.states[one.state]}</Badge>,
  },
  { key: "by", head: team.columns.by, from: "lg", cell: (one) => one.made_by },
  { key: "until", head: team.columns.until, from: "sm", cell: (one) => <When at={one.ends_at} as="bare" /> },
  { key: "menu", head: common.actions, quiet: true, cell: (one) => <InvitationMenu of={one} /> },
];

function InvitationMenu({ of: invitation }: { of: Invitation }) {
  const { workspace } = useHere();
  const client = useQueryClient();
  if (invitation.state !== "open") return null;
  const withdraw = () =>
    confirm({
      title: words.withdrawTitle(invitation.email),
      consequence: words.withdrawConsequence,
      action: words.withdrawAction,
      run: async () => {
        const path = { workspace: workspace.id, invitation: invitation.id };
        await take(api.DELETE("/workspaces/{workspace}/invitations/{invitation}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["invitations"] });
        tellDone(words.withdrawn(invitation.email));
      },
    });
  return (
    <Menu label={common.actionsFor(invitation.email)} target={<IconDots size={18} aria-hidden />} width={180}>
      <MenuItem danger icon={<IconMailX size={16} aria-hidden />} onClick={withdraw}>
        {team.menu.withdraw}
      </MenuItem>
    </Menu>
  );
}

/** The form for another one. */
export function Invite({ close }: { close: () => void }) {
  const here = useHere();
  const client = useQueryClient();
  const form = useForm({ initialValues: { email: "", role: "developer" as Role } });
  const sent = useSending({
    form,
    send: (body, key) => {
      const params = { path: { workspace: here.workspace.id }, header: { "Idempotency-Key": key } };
      return take(api.POST("/workspaces/{workspace}/invitations", { params, body }));
    },
    done: async (made) => {
      close();
      await client.invalidateQueries({ queryKey: ["invitations"] });
      tellDone(words.sent(made.email));
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <TextInput label={words.email} type="email" required data-autofocus {...form.getInputProps("email")} />
        <RoleField here={here.role} {...form.getInputProps("role")} />
        <FormFoot sent={sent} action={words.send} cancel={close} />
      </Stack>
    </form>
  );
}
