// Everything by the keyboard: pages, workspaces, what is done often. In: a few letters. Out: where to go. Never here: a thing that the
// navigation would not lead to either.
import "@mantine/core/styles/Combobox.css";
import { Combobox, Modal, ScrollArea, Text, TextInput, useCombobox } from "@mantine/core";
import { IconLogout, IconPlus, IconSearch, IconUserCircle } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { may } from "../lib/roles";
import { useSignOut } from "../lib/signOut";
import { remember, roleIn } from "../lib/workspace";
import { shell } from "../messages/shell";
import { Initial } from "../parts/Initial";
import { fits } from "./fits";
import { navigation } from "./nav";
import type { ShellProps } from "./Shell";

interface Command {
  id: string;
  label: string;
  icon: ReactNode;
  run: () => unknown;
}

interface Group {
  label: string;
  commands: readonly Command[];
}

interface PaletteProps extends ShellProps {
  opened: boolean;
  close: () => void;
}

/** The palette. */
export default function Palette({ opened, close, ...props }: PaletteProps) {
  const [typed, setTyped] = useState("");
  const box = useCombobox();
  const all = useCommands(props);
  const shown = all
    .map((group) => ({ ...group, commands: group.commands.filter((command) => fits(command.label, typed)) }))
    .filter((group) => group.commands.length > 0);
  const select = box.selectFirstOption;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed changes which one is the first
  useEffect(() => {
    if (opened) select();
  }, [typed, opened, select]);
  const leave = () => {
    close();
    setTyped("");
  };
  const run = (id: string) => {
    leave();
    const commands = all.flatMap((group) => group.commands);
    commands.find((command) => command.id === id)?.run();
  };
  return (
    <Modal
      opened={opened}
      onClose={leave}
      withCloseButton={false}
      centered={false}
      padding={0}
      size="lg"
      aria-label={shell.paletteOpen}
    >
      <Combobox store={box} onOptionSubmit={run}>
        <Combobox.EventsTarget>
          <TextInput
            variant="unstyled"
            size="lg"
            px="md"
            data-autofocus
            aria-label={shell.paletteHint}
            placeholder={shell.paletteHint}
            leftSection={<IconSearch size={18} aria-hidden />}
            leftSectionWidth={32}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Combobox.EventsTarget>
        <ScrollArea.Autosize mah={420} style={{ borderTop: "1px solid var(--mantine-color-default-border)" }} p="xs">
          <Combobox.Options aria-label={shell.paletteOpen}>
            {shown.map((group) => (
              <Combobox.Group key={group.label} label={group.label}>
                {group.commands.map(({ id, label, icon }) => (
                  <Combobox.Option key={id} value={id} py={9}>
                    <span style={{ display: "flex", gap: 12, alignItems: "center" }}>
                      {icon}
                      <Text truncate inherit>
                        {label}
                      </Text>
                    </span>
                  </Combobox.Option>
                ))}
              </Combobox.Group>
            ))}
            {shown.length === 0 ? <Combobox.Empty>{shell.paletteNothing}</Combobox.Empty> : null}
          </Combobox.Options>
        </ScrollArea.Autosize>
      </Combobox>
    </Modal>
  );
}

function useCommands({ session, workspaces, workspace }: ShellProps): readonly Group[] {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const shown = workspace ?? workspaces[0] ?? null;
  const role = shown ? roleIn(shown, session) : null;
  const pages: Command[] = (role ? navigation(role) : [])
    .flatMap((group) => group.items)
    .map(({ to, label, Icon }) => ({
      id: to,
      label,
      icon: <Icon size={18} aria-hidden />,
      run: () => navigate({ to }),
    }));
  const account = { id: "/account", label: shell.pages.account, icon: <IconUserCircle size={18} aria-hidden /> };
  const making: Command[] =
    role && may(role, "keys.make")
      ? [
          {
            id: "make-key",
            label: shell.createKey,
            icon: <IconPlus size={18} aria-hidden />,
            run: () => navigate({ to: "/keys/new" }),
          },
        ]
      : [];
  const more: Command[] = [
    {
      id: "new-workspace",
      label: shell.newWorkspace,
      icon: <IconPlus size={18} aria-hidden />,
      run: () => navigate({ to: "/new-workspace" }),
    },
    { id: "sign-out", label: shell.signOut, icon: <IconLogout size={18} aria-hidden />, run: signOut },
  ];
  const places = workspaces.map((one) => ({
    id: one.id,
    label: one.name,
    icon: <Initial of={one.name} size={22} />,
    run: () => {
      remember(one.slug);
      return navigate({ to: "/keys", search: { workspace: one.slug } });
    },
  }));
  return [
    { label: shell.paletteGroups.pages, commands: [...pages, { ...account, run: () => navigate({ to: "/account" }) }] },
    { label: shell.paletteGroups.actions, commands: [...making, ...more] },
    { label: shell.paletteGroups.workspaces, commands: places },
  ];
}
