// What is done with one key, from the list and from its own page: open, edit, rotate, revoke.
import { Badge } from "@mantine/core";
import { IconBan, IconDots, IconPencil, IconRefresh } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../../../../lib/api";
import { confirm } from "../../../../lib/confirm";
import { type KeyState, stateOf } from "../../../../lib/keyRules";
import type { Key } from "../../../../lib/keys";
import { tellDone } from "../../../../lib/toasts";
import { common } from "../../../../messages/common";
import { keys } from "../../../../messages/keys";
import { Menu, MenuDivider, MenuItem, MenuLink } from "../../../../parts/Menu";
import { Rotate } from "./-rotate";

const COLOURS: Record<KeyState, string> = { active: "teal", capped: "orange", expired: "gray", revoked: "red" };

/** How a key is. */
export function KeyStateBadge({ of: key }: { of: Key }) {
  const state = stateOf(key);
  return <Badge color={COLOURS[state]}>{keys.states[state]}</Badge>;
}

/** Asks, and revokes. */
export function useRevoke(): (key: Key) => void {
  const client = useQueryClient();
  return (key) =>
    confirm({
      title: keys.revoke.title(key.name),
      consequence: keys.revoke.consequence,
      action: keys.revoke.action,
      run: async () => {
        const path = { workspace: key.workspace, key: key.id };
        await take(api.DELETE("/workspaces/{workspace}/keys/{key}", { params: { path } }));
        await client.invalidateQueries({ queryKey: ["keys"] });
        tellDone(keys.revoke.done(key.name));
      },
    });
}

/** The menu of a key's row. */
export function KeyMenu({ of: key }: { of: Key }) {
  const revoke = useRevoke();
  const [rotating, setRotating] = useState(false);
  if (key.revoked_at) return null;
  return (
    <>
      <Menu label={common.actionsFor(key.name)} target={<IconDots size={18} aria-hidden />} width={180}>
        <MenuLink to="/keys/$key/edit" params={{ key: key.id }} icon={<IconPencil size={16} aria-hidden />}>
          {keys.menu.edit}
        </MenuLink>
        <MenuItem icon={<IconRefresh size={16} aria-hidden />} onClick={() => setRotating(true)}>
          {keys.menu.rotate}
        </MenuItem>
        <MenuDivider />
        <MenuItem danger icon={<IconBan size={16} aria-hidden />} onClick={() => revoke(key)}>
          {keys.menu.revoke}
        </MenuItem>
      </Menu>
      <Rotate of={key} opened={rotating} close={() => setRotating(false)} />
    </>
  );
}
