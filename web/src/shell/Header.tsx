// The header: the way to everything, what credit is left, who is signed in. In: session and workspace. Out: a bar whose children stay
// inside it at 390 px too. Never here: navigation.
import { ActionIcon, Kbd, Text, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconLogout,
  IconMenu2,
  IconMoon,
  IconSearch,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { usd } from "../lib/money";
import { useSignOut } from "../lib/signOut";
import { shell } from "../messages/shell";
import { Initial } from "../parts/Initial";
import { Menu, MenuChoice, MenuDivider, MenuItem, MenuLabel, MenuLink } from "../parts/Menu";
import type { ShellProps } from "./Shell";
import classes from "./Shell.module.css";

interface HeaderProps extends ShellProps {
  openDrawer: () => void;
  openPalette: () => void;
}

/** The bar. */
export function Header({ session, workspace, openDrawer, openPalette }: HeaderProps) {
  return (
    <header className={classes.header}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        hiddenFrom="md"
        aria-label={shell.openNavigation}
        onClick={openDrawer}
      >
        <IconMenu2 size={20} aria-hidden />
      </ActionIcon>
      <Finder open={openPalette} />
      <div style={{ flex: 1 }} />
      {workspace ? <Balance micro={workspace.balance_micro_usd} held={workspace.holds_micro_usd} /> : null}
      <UserMenu session={session} />
    </header>
  );
}

function Finder({ open }: { open: () => void }) {
  return (
    <>
      <UnstyledButton className={classes.finder} visibleFrom="sm" onClick={open} aria-label={shell.paletteOpen}>
        <IconSearch size={16} aria-hidden />
        <Text size="sm" c="dimmed" flex={1}>
          {shell.palette}
        </Text>
        <Kbd size="xs">Ctrl K</Kbd>
      </UnstyledButton>
      <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" onClick={open} aria-label={shell.paletteOpen}>
        <IconSearch size={20} aria-hidden />
      </ActionIcon>
    </>
  );
}

function Balance({ micro, held }: { micro: number; held: number }) {
  return (
    <div className={classes.balance}>
      {held > 0 ? (
        <Text size="xs" c="dimmed" visibleFrom="md" className="figures">
          {shell.onHold(usd(held))}
        </Text>
      ) : null}
      <Text size="sm" c="dimmed" className={classes.balanceWord}>
        {shell.balance}
      </Text>
      <Text fw={650} className="figures">
        {usd(micro, "down")}
      </Text>
    </div>
  );
}

const SCHEMES = [
  ["auto", IconDeviceDesktop],
  ["light", IconSun],
  ["dark", IconMoon],
] as const;

function UserMenu({ session }: { session: ShellProps["session"] }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const { name, email, operator } = session.user;
  return (
    <Menu label={shell.accountOf(name)} targetClass={classes.user} width={250} target={<Initial of={name} size={34} />}>
      <div className={classes.userWords} role="presentation">
        <Text fw={600} truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {email}
        </Text>
        {operator ? (
          <Text size="xs" c="dimmed">
            {shell.operator}
          </Text>
        ) : null}
      </div>
      <MenuDivider />
      <MenuLink to="/account" icon={<IconUserCircle size={16} aria-hidden />}>
        {shell.pages.account}
      </MenuLink>
      <MenuDivider />
      <MenuLabel>{shell.scheme}</MenuLabel>
      {SCHEMES.map(([scheme, Icon]) => (
        <MenuChoice
          key={scheme}
          chosen={colorScheme === scheme}
          icon={<Icon size={16} aria-hidden />}
          right={colorScheme === scheme ? <IconCheck size={16} aria-hidden /> : null}
          onClick={() => setColorScheme(scheme)}
        >
          {shell.schemes[scheme]}
        </MenuChoice>
      ))}
      <MenuDivider />
      <MenuItem icon={<IconLogout size={16} aria-hidden />} onClick={signOut}>
        {shell.signOut}
      </MenuItem>
    </Menu>
  );
}
