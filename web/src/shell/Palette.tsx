// Everything by the keyboard: pages, workspaces, what is done often. In: a few letters. Out: where to go. Never here: a thing that the
// navigation would not lead to either.

import { useDebouncedValue } from "@mantine/hooks";
import { IconKey, IconListDetails, IconLogout, IconPlus, IconSearch, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";
import { may } from "../lib/roles";
import { useSignOut } from "../lib/signOut";
import { remember, roleIn } from "../lib/workspace";
import { shell } from "../messages/shell";
import { Dialog } from "../parts/Dialog";
import { TextInput } from "../parts/fields";
import { Initial } from "../parts/Initial";
import { fits, idOf } from "./fits";
import { navigation } from "./nav";
import classes from "./Palette.module.css";
import type { ShellProps } from "./Shell";

/** Who pauses so long is asked for. */
const PAUSE_MS = 200;
const LETTERS_MIN = 2;

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
  return (
    <Dialog opened={opened} close={close} look="palette" title={shell.paletteOpen}>
      <Finder {...props} close={close} />
    </Dialog>
  );
}

function Finder({ close, ...props }: ShellProps & { close: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const pasted = usePasted(typed, props);
  const groups = useCommands(props)
    .map((group) => ({ ...group, commands: group.commands.filter((command) => fits(command.label, typed)) }))
    .filter((group) => group.commands.length > 0);
  const found = useFound(typed, props);
  // What is found comes later than the letters: it stands last, so that nothing moves below the choice.
  const all = [...(pasted ? [pasted] : []), ...groups, ...found.groups];
  const shown = all.flatMap((group) => group.commands);
  const chosen = shown[Math.min(at, shown.length - 1)];
  const optionId = (command: Command) => `${list}-${command.id}`;
  useEffect(() => {
    if (chosen) document.getElementById(`${list}-${chosen.id}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, list]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  const pressed = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(to, shown.length - 1)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <>
      <TextInput
        variant="unstyled"
        size="lg"
        px="md"
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={chosen ? optionId(chosen) : undefined}
        aria-label={shell.paletteHint}
        placeholder={shell.paletteHint}
        autoComplete="off"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={typed}
        onKeyDown={pressed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div id={list} role="listbox" aria-label={shell.paletteOpen} className={classes.list} tabIndex={-1}>
        {all.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options is no fieldset
          <div key={group.label} role="group" aria-label={group.label}>
            <div className={classes.label} aria-hidden>
              {group.label}
            </div>
            {group.commands.map((command) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
              <div
                key={command.id}
                id={optionId(command)}
                role="option"
                tabIndex={-1}
                aria-selected={command === chosen}
                className={classes.option}
                onClick={() => run(command)}
                onMouseMove={() => setAt(shown.indexOf(command))}
              >
                {command.icon}
                <span className={classes.words}>{command.label}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
      <div role="status">
        {shown.length === 0 && !found.busy ? <p className={classes.nothing}>{shell.paletteNothing}</p> : null}
      </div>
    </>
  );
}

/** Where an id leads that was pasted. */
function usePasted(typed: string, { workspace, house }: ShellProps): Group | null {
  const navigate = useNavigate();
  const found = idOf(typed);
  if (!found || !(workspace || house)) return null;
  const { kind, id } = found;
  const run = () => {
    if (house) {
      return kind === "request"
        ? navigate({ to: "/operator/requests/$request", params: { request: id } })
        : navigate({ to: "/operator/requests", search: { key: id, since: "all" } });
    }
    return kind === "request"
      ? navigate({ to: "/requests/$request", params: { request: id } })
      : navigate({ to: "/keys/$key", params: { key: id } });
  };
  const Icon = kind === "request" ? IconListDetails : IconKey;
  const command = { id, label: shell.pasted[kind](id), icon: <Icon size={18} aria-hidden />, run };
  return { label: shell.paletteGroups.ids, commands: [command] };
}

/** What operators find by the same letters on the whole gateway. One letter asks nothing, and nothing is asked while they type. */
function useFound(typed: string, { session }: ShellProps): { groups: readonly Group[]; busy: boolean } {
  const navigate = useNavigate();
  const [q] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const { data, isFetching } = useQuery({
    queryKey: ["search", q],
    enabled: session.user.operator && q.length >= LETTERS_MIN,
    staleTime: 10_000,
    retry: false,
    queryFn: async () => (await import("./found")).find(q),
  });
  // Not what other letters found: Enter must not lead there.
  const now = q === typed.trim() ? (data ?? []) : [];
  const commands = now.map(({ to, ...option }) => ({ ...option, run: () => navigate(to) }));
  return { groups: commands.length > 0 ? [{ label: shell.paletteGroups.found, commands }] : [], busy: isFetching };
}

function useCommands({ session, workspaces, workspace, house }: ShellProps): readonly Group[] {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const role = workspace ? roleIn(workspace, session) : null;
  const plus = <IconPlus size={18} aria-hidden />;
  const pages: Command[] = (house ?? navigation(role, session.user.operator))
    .flatMap((group) => group.items)
    .map(({ to, label, Icon }) => ({
      id: to,
      label,
      icon: <Icon size={18} aria-hidden />,
      run: () => navigate({ to }),
    }));
  const account: Command = {
    id: "/account",
    label: shell.pages.account,
    icon: <IconUserCircle size={18} aria-hidden />,
    run: () => navigate({ to: "/account" }),
  };
  const make: Command = {
    id: "make-key",
    label: shell.createKey,
    icon: plus,
    run: () => navigate({ to: "/keys/new" }),
  };
  const more: Command[] = [
    { id: "new-workspace", label: shell.newWorkspace, icon: plus, run: () => navigate({ to: "/new-workspace" }) },
    { id: "sign-out", label: shell.signOut, icon: <IconLogout size={18} aria-hidden />, run: signOut },
  ];
  const places: Command[] = workspaces.map((one) => ({
    id: one.id,
    label: one.name,
    icon: <Initial of={one.name} size={22} />,
    run: () => {
      remember(one.slug);
      return navigate({ to: "/overview", search: { workspace: one.slug } });
    },
  }));
  return [
    { label: shell.paletteGroups.pages, commands: [...pages, account] },
    { label: shell.paletteGroups.actions, commands: [...(role && may(role, "keys.make") ? [make] : []), ...more] },
    { label: shell.paletteGroups.workspaces, commands: places },
  ];
}
