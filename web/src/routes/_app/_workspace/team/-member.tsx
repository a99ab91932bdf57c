// What is done with one member: another role, out, or, of oneself, leaving.
import { Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDots, IconLogout, IconUserCog, IconUserMinus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { useSending } from "../../../../lib/form";
import { useHere } from "../../../../lib/here";
import { useLeave } from "../../../../lib/leaving";
import type { Member } from "../../../../lib/members";
import { givable } from "../../../../lib/roles";
import { tellDone } from "../../../../lib/toasts";
import { common } from "../../../../messages/common";
import { team } from "../../../../messages/team";
import { Dialog } from "../../../../parts/Dialog";
import { FormFoot } from "../../../../parts/FormFoot";
import { NativeSelect } from "../../../../parts/fields";
import { Menu, MenuDivider, MenuItem } from "../../../../parts/Menu";

/** The menu of a member's row; who may do nothing with them has none. */
export function MemberMenu({ of: member }: { of: Member }) {
  const here = useHere();
  const leave = useLeave();
  const remove = useRemove();
  const [changing, setChanging] = useState(false);
  const self = member.user === here.session.user.id;
  // Only owners take owners in hand.
  const changes = here.may("members.change") && (member.role !== "owner" || here.role === "owner");
  if (!changes && !self) return null;
  return (
    <>
      <Menu label={common.actionsFor(member.name)} target={<IconDots size={18} aria-hidden />} width={220}>
        {changes ? (
          <MenuItem icon={<IconUserCog size={16} aria-hidden />} onClick={() => setChanging(true)}>
            {team.menu.role}
          </MenuItem>
        ) : null}
        {changes && !self ? (
          <>
            <MenuDivider />
            <MenuItem danger icon={<IconUserMinus size={16} aria-hidden />} onClick={() => remove(member)}>
              {team.menu.remove}
            </MenuItem>
          </>
        ) : null}
        {self ? (
          <MenuItem danger icon={<IconLogout size={16} aria-hidden />} onClick={leave}>
            {team.menu.leave}
          </MenuItem>
        ) : null}
      </Menu>
      <Dialog opened={changing} close={() => setChanging(false)} title={team.role.title(member.name)}>
        <RoleForm of={member} close={() => setChanging(false)} />
      </Dialog>
    </>
  );
}

function RoleForm({ of: member, close }: { of: Member; close: () => void }) {
  const here = useHere();
  const client = useQueryClient();
  const form = useForm({ initialValues: { role: member.role } });
  const sent = useSending({
    form,
    send: (body) => {
      const path = { workspace: here.workspace.id, user: member.user };
      return take(api.PATCH("/workspaces/{workspace}/members/{user}", { params: { path }, body }));
    },
    done: async (changed) => {
      close();
      // One's own role changes what the frame shows.
      await client.invalidateQueries();
      tellDone(team.role.done(changed.name, common.roles[changed.role]));
    },
  });
  return (
    <form onSubmit={sent.onSubmit}>
      <Stack>
        <RoleField here={here.role} {...form.getInputProps("role")} />
        <FormFoot sent={sent} action={team.role.action} cancel={close} />
      </Stack>
    </form>
  );
}

interface RoleFieldProps {
  here: Member["role"];
  value?: Member["role"];
  onChange?: (event: React.ChangeEvent<HTMLSelectElement>) => void;
}

/** A role, with what it may. */
export function RoleField({ here, value = "viewer", ...rest }: RoleFieldProps) {
  return (
    <NativeSelect
      label={team.role.label}
      description={common.rolesAre[value]}
      data={givable(here).map((role) => ({ value: role, label: common.roles[role] }))}
      value={value}
      {...rest}
    />
  );
}

function useRemove(): (member: Member) => void {
  const { workspace } = useHere();
  const client = useQueryClient();
  return (member) =>
    confirm({
      title: team.remove.title(member.name),
      consequence: team.remove.consequence(member.name),
      action: team.remove.action,
      run: async () => {
        const path = { workspace: workspace.id, user: member.user };
        await take(api.DELETE("/workspaces/{workspace}/members/{user}", { params: { path } }));
        await client.invalidateQueries();
        tellDone(team.remove.done(member.name));
      },
    });
}
