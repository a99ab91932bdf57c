// What narrows the list of requests. All of it stands in the address. In: what stands there. Out: another address. Never here: asking for
// rows.

import { Button, Group, Stack } from "@mantine/core";
import { IconAdjustmentsHorizontal, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ENDINGS, ENDPOINTS, type RequestsSearch, SINCE } from "../../../../lib/asked";
import { houseProvidersQuery, modelIdsQuery } from "../../../../lib/house";
import { usePlace } from "../../../../lib/place";
import { keyNamesQuery } from "../../../../lib/requests";
import { fieldInstant, typedInstant, zoneName } from "../../../../lib/time";
import { workspacesQuery } from "../../../../lib/workspace";
import { usage, requests as words } from "../../../../messages/usage";
import { NativeSelect, TextInput } from "../../../../parts/fields";
import classes from "./filters.module.css";

interface FiltersProps {
  search: RequestsSearch;
  /** Goes to the list with these instead. */
  change: (next: Partial<RequestsSearch>) => void;
}

/** The filters. */
export function Filters({ search, change }: FiltersProps) {
  const { name } = usePlace();
  const keys = useQuery(keyNamesQuery(name)).data ?? {};
  const models = useQuery(modelIdsQuery(name)).data ?? [];
  const more = search.endpoint ?? search.fault ?? search.session ?? (name === null ? search.key : undefined);
  const [open, setOpen] = useState(more !== undefined);
  const house = search.workspace ?? search.provider;
  const narrowed = [search.key, search.model, search.ending, house, more].some((value) => value !== undefined);
  const key = (
    <Choose
      label={words.key}
      value={search.key}
      options={Object.entries(keys)}
      choose={(one) => change({ key: one })}
    />
  );
  return (
    <Stack gap="sm" component="search" aria-label={words.filters} data-keeps-focus>
      <div className={classes.bar}>
        <Since search={search} change={change} />
        <Choose
          label={words.model}
          value={search.model}
          options={models.map((id) => [id, id])}
          choose={(model) => change({ model })}
        />
        {name === null ? <House search={search} change={change} /> : key}
        <Choose
          label={words.ending}
          value={search.ending}
          options={ENDINGS.map((ending) => [ending, usage.endings[ending]])}
          choose={(ending) => change({ ending: ENDINGS.find((one) => one === ending) })}
        />
        <Group gap="xs" className={classes.actions}>
          <Button
            variant="default"
            aria-expanded={open}
            leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}
            onClick={() => setOpen(!open)}
          >
            {words.more}
          </Button>
          {narrowed ? (
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconX size={16} aria-hidden />}
              onClick={() => {
                const none = { key: undefined, model: undefined, ending: undefined, endpoint: undefined };
                const wide = name === null ? { workspace: undefined, provider: undefined } : {};
                change({ ...none, ...wide, fault: undefined, session: undefined });
              }}
            >
              {words.clear}
            </Button>
          ) : null}
        </Group>
      </div>
      {open ? (
        <More search={search} change={change}>
          {name === null ? key : null}
        </More>
      ) : null}
    </Stack>
  );
}

/** Whose requests, and who served them: for operators. */
function House({ search, change }: FiltersProps) {
  const workspaces = useQuery(workspacesQuery).data?.data ?? [];
  const providers = useQuery(houseProvidersQuery).data ?? [];
  return (
    <>
      <Choose
        label={words.workspace}
        value={search.workspace}
        options={workspaces.map(({ id, name }) => [id, name])}
        choose={(workspace) => change({ workspace })}
      />
      <Choose
        label={words.provider}
        value={search.provider}
        options={providers.map(({ name }) => [name, name])}
        choose={(provider) => change({ provider })}
      />
    </>
  );
}

function Since({ search, change }: FiltersProps) {
  const custom = search.since === "custom";
  const begin = () => ({
    since: "custom" as const,
    from: search.from ?? new Date(Date.now() - 3_600_000).toISOString(),
  });
  const choose = (name: string) => {
    const since = SINCE.find((one) => one === name);
    change(since === "custom" ? begin() : { since, from: undefined, until: undefined });
  };
  return (
    <>
      <NativeSelect
        label={words.since}
        data={SINCE.map((value) => ({ value, label: words.sinces[value] }))}
        value={search.since ?? "7d"}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {custom ? (
        <>
          <Instant label={words.from(zoneName())} at={search.from} choose={(from) => change({ from })} />
          <Instant label={words.until(zoneName())} at={search.until} choose={(until) => change({ until })} />
        </>
      ) : null}
    </>
  );
}

interface InstantProps {
  label: string;
  at: string | undefined;
  choose: (at: string | undefined) => void;
}

function Instant({ label, at, choose }: InstantProps) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      defaultValue={at ? fieldInstant(at) : ""}
      onBlur={(event) => choose(typedInstant(event.currentTarget.value) ?? undefined)}
    />
  );
}

interface ChooseProps {
  label: string;
  value: string | undefined;
  options: readonly (readonly [value: string, label: string])[];
  choose: (value: string | undefined) => void;
}

/** One of a list, or any. What the address says is there, though the list has it no more. */
function Choose({ label, value, options, choose }: ChooseProps) {
  const known = value === undefined || options.some(([one]) => one === value);
  const all = [["", words.any] as const, ...options, ...(known ? [] : [[value, value] as const])];
  return (
    <NativeSelect
      label={label}
      data={all.map(([one, name]) => ({ value: one, label: name }))}
      value={value ?? ""}
      onChange={(event) => choose(event.currentTarget.value || undefined)}
    />
  );
}

function More({ search, change, children }: FiltersProps & { children: ReactNode }) {
  return (
    <div className={classes.bar}>
      {children}
      <Choose
        label={words.endpoint}
        value={search.endpoint}
        options={ENDPOINTS.map((endpoint) => [endpoint, endpoint])}
        choose={(endpoint) => change({ endpoint })}
      />
      <Typed label={words.fault} hint={words.faultHint} value={search.fault} choose={(fault) => change({ fault })} />
      <Typed label={words.session} value={search.session} choose={(session) => change({ session })} />
    </div>
  );
}

interface TypedProps {
  label: string;
  hint?: string;
  value: string | undefined;
  choose: (value: string | undefined) => void;
}

/** A text that holds when it is done: with Enter, or by leaving it. */
function Typed({ label, hint, value, choose }: TypedProps): ReactNode {
  const take = (typed: string) => {
    const next = typed.trim() || undefined;
    if (next !== value) choose(next);
  };
  return (
    <TextInput
      key={value ?? ""}
      label={label}
      placeholder={hint}
      defaultValue={value ?? ""}
      autoComplete="off"
      spellCheck={false}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") take(event.currentTarget.value);
      }}
    />
  );
}
