// Which workspace is looked at, and the way to another. In: the workspaces. Out: a menu. Never here: what is seen in one.
import { Text } from "@mantine/core";
import { IconCheck, IconPlus, IconSelector } from "@tabler/icons-react";
import { remember, roleIn } from "../lib/workspace";
import { common } from "../messages/common";
import { shell } from "../messages/shell";
import { Initial } from "../parts/Initial";
import { Menu, MenuDivider, MenuLabel, MenuLink } from "../parts/Menu";
import type { ShellProps } from "./Shell";
import classes from "./Shell.module.css";

/** The menu, and the name of what is looked at. */
export function Switcher({ session, workspaces, workspace: shown, house }: ShellProps) {
  if (!shown && !house) return null;
  const { operator } = session.user;
  const name = shown?.name ?? shell.pages.house;
  const role = shown && (shown.role || !operator) ? common.roles[roleIn(shown, session)] : shell.operator;
  return (
    <Menu
      label={`${shell.switchWorkspace}, ${name}`}
      targetClass={classes.switcher}
      align="start"
      width={250}
      target={
        <>
          <Initial of={name} />
          <span className={classes.switcherWords}>
            <Text component="span" display="block" fw={600} truncate>
              {name}
            </Text>
            <Text component="span" display="block" size="xs" c="dimmed">
              {role}
            </Text>
          </span>
          <IconSelector size={16} aria-hidden />
        </>
      }
    >
      <MenuLabel>{shell.workspaces}</MenuLabel>
      {workspaces.map((one) => (
        <MenuLink
          key={one.id}
          to="/overview"
          search={{ workspace: one.slug }}
          onClick={() => remember(one.slug)}
          icon={<Initial of={one.name} size={22} />}
          right={one.id === shown?.id ? <IconCheck size={16} aria-hidden /> : null}
        >
          {one.name}
        </MenuLink>
      ))}
      <MenuDivider />
      <MenuLink to="/new-workspace" icon={<IconPlus size={16} aria-hidden />}>
        {shell.newWorkspace}
      </MenuLink>
    </Menu>
  );
}
