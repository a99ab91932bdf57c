// Which workspace is looked at, and the way to another. In: the workspaces. Out: a menu. Never here: what is seen in one.
import { Menu, Text, UnstyledButton } from "@mantine/core";
import { IconCheck, IconPlus, IconSelector } from "@tabler/icons-react";
import { remember, roleIn } from "../lib/workspace";
import { common } from "../messages/common";
import { shell } from "../messages/shell";
import { Initial } from "../parts/Initial";
import { LinkItem } from "../parts/links";
import type { ShellProps } from "./Shell";
import classes from "./Shell.module.css";

/** The menu, and the name of what is looked at. */
export function Switcher({ session, workspaces, workspace }: ShellProps) {
  const shown = workspace ?? workspaces[0] ?? null;
  if (!shown) return null;
  const role = shown.role || !session.user.operator ? common.roles[roleIn(shown, session)] : shell.operator;
  return (
    <Menu width="target" position="bottom-start" keepMounted={false}>
      <Menu.Target>
        <UnstyledButton className={classes.switcher} aria-label={`${shell.switchWorkspace}, ${shown.name}`}>
          <Initial of={shown.name} />
          <div className={classes.switcherWords}>
            <Text fw={600} truncate>
              {shown.name}
            </Text>
            <Text size="xs" c="dimmed">
              {role}
            </Text>
          </div>
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
        <Menu.Label>{shell.workspaces}</Menu.Label>
        {workspaces.map((one) => (
          <LinkItem
            key={one.id}
            to="/keys"
            search={{ workspace: one.slug }}
            onClick={() => remember(one.slug)}
            leftSection={<Initial of={one.name} size={22} />}
            rightSection={one.id === shown.id ? <IconCheck size={16} aria-hidden /> : null}
          >
            <Text truncate inherit>
              {one.name}
            </Text>
          </LinkItem>
        ))}
        <Menu.Divider />
        <LinkItem to="/new-workspace" leftSection={<IconPlus size={16} aria-hidden />}>
          {shell.newWorkspace}
        </LinkItem>
      </Menu.Dropdown>
    </Menu>
  );
}
