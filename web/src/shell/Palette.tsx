// Everything by the keyboard: pages, workspaces, what is done often. In: what is typed. Out: where to go. Never here: a thing that the
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
const TYPED_CHARS_MIN = 2;

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
  const list = useId();
  const { all, busy } = useFitting(typed, props);
  const shown = all.flatMap((group) => group.commands);
  const { chosen, point, move } = useChoice(shown, list);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter") run(chosen);
    else if (!move(event.key)) return;
    event.preventDefault();
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
        aria-activedescendant={chosen ? optionId(list, chosen) : undefined}
        aria-label={shell.paletteHint}
        placeholder={shell.paletteHint}
        autoComplete="off"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={typed}
        onKeyDown={pressed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          point(0);
        }}
      />
      <Options id={list} groups={all} chosen={chosen} run={run} point={(command) => point(shown.indexOf(command))} />
      <div role="status">
        {shown.length === 0 && !busy ? <p className={classes.nothing}>{shell.paletteNothing}</p> : null}
      </div>
    </>
  );
}

/** Whatever fits what was typed. What the gateway finds comes later: it stands last, so that nothing moves below the choice. */
function useFitting(typed: string, props: ShellProps): { all: readonly Group[]; busy: boolean } {
  const pasted = usePasted(typed, props);
  const known = useCommands(props)
    .map((group) => ({ ...group, commands: group.commands.filter((command) => fits(command.label, typed)) }))
    .filter((group) => group.commands.length > 0);
  const found = useFound(typed, props);
  return { all: [...(pasted ? [pasted] : []), ...known, ...found.groups], busy: found.busy };
}

/** Which option is chosen, by its place; it is always seen. */
function useChoice(shown: readonly Command[], list: string) {
  const [at, point] = useState(0);
  const last = shown.length - 1;
  const chosen = shown[Math.min(at, last)];
  useEffect(() => {
    if (chosen) document.getElementById(optionId(list, chosen))?.scrollIntoView({ block: "nearest" });
  }, [chosen, list]);
  /** Moves the choice where the key does; says whether it did. */
  const move = (key: string): boolean => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[key];
    if (to === undefined) return false;
    point(Math.max(0, Math.min(to, last)));
    return true;
  };
  return { chosen, point, move };
}

const optionId = (list: string, command: Command) => `${list}-${command.id}`;

interface OptionsProps {
  id: string;
  groups: readonly Group[];
  chosen: Command | undefined;
  run: (command: Command) => void;
  point: (command: Command) => void;
}

/** What can be chosen, by groups. */
function Options({ id, groups, chosen, run, point }: OptionsProps) {
  return (
    <div id={id} role="listbox" aria-label={shell.paletteOpen} className={classes.list} tabIndex={-1}>
      {groups.map((group) => (
        // biome-ignore lint/a11y/useSemanticElements: a group of options is no fieldset
        <div key={group.label} role="group" aria-label={group.label}>
          <div className={classes.label} aria-hidden>
            {group.label}
          </div>
          {group.commands.map((command) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={command.id}
              id={optionId(id, command)}
              role="option"
              tabIndex={-1}
              aria-selected={command === chosen}
              className={classes.option}
              onClick={() => run(command)}
              onMouseMove={() => point(command)}
            >
              {command.icon}
              <span className={classes.words}>{command.label}</span>
            </div>
          ))}
        </div>
      ))}
    </div>
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

/** What operators find by the same on the whole gateway. One character asks nothing, and nothing is asked while they type. */
function useFound(typed: string, { session }: ShellProps): { groups: readonly Group[]; busy: boolean } {
  const navigate = useNavigate();
  const [q] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const { data, isFetching } = useQuery({
    queryKey: ["search", q],
    enabled: session.user.operator && q.length >= TYPED_CHARS_MIN,
    staleTime: 10_000,
    retry: false,
    queryFn: async () => (await import("./found")).find(q),
  });
  // Not what was found for something else: Enter must not lead there.
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
