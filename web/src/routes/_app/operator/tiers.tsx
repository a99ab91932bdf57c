// How much accounts may ask for: the tiers, each edited in a dialog. Where the catalogue names none the usual table holds, and a change begins with it.
import { Alert, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { useForm } from "@mantine/form";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { type Change, catalogueQuery, type Docs, type Entry, starterQuery, type TierDoc } from "../../../lib/catalogue";
import { count } from "../../../lib/figures";
import { useSending } from "../../../lib/form";
import { full, numberOf, wrongNumber } from "../../../lib/restFields";
import { change } from "../../../messages/catalogue";
import { tiers as words } from "../../../messages/catalogueTiers";
import { common } from "../../../messages/common";
import { type Column, DataTable } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { FormFoot } from "../../../parts/FormFoot";
import { Checkbox, NativeSelect, TextInput } from "../../../parts/fields";
import { Menu, MenuDivider, MenuItem } from "../../../parts/Menu";
import { Page } from "../../../parts/Page";
import { type Make, making, useChanging, useSeen } from "./-change";

export const Route = createFileRoute("/_app/operator/tiers")({
  codeSplitGroupings: [["loader", "component"]],
  loader: ({ context: { client } }) =>
    Promise.all([client.fetchQuery(catalogueQuery), client.ensureQueryData(starterQuery)]),
  component: Tiers,
});

function Tiers() {
  const docs = useSuspenseQuery(catalogueQuery).data;
  const usual = useSuspenseQuery(starterQuery).data.tiers;
  const page = useSeen(docs.version);
  const [edited, edit] = useState<TierDoc | "new" | null>(null);
  const changing = useChanging({
    opened: page.seen,
    done: (version) => {
      page.formSaved(version);
      edit(null);
    },
  });
  const named = docs.tier.length > 0;
  const rows = named ? docs.tier : usual;
  /** Where none is named, all of the usual ones are named with it. */
  const make =
    (one: Change): Make =>
    (now) =>
      now.tier.length > 0 ? making([one])(now) : making([...usualBeside(usual, one), ...present(one)])(now);
  const remove = (tier: TierDoc) =>
    changing.ask(make({ of: "tier", name: tier.name, base: named ? tier : null, mine: null }));
  return (
    <Page
      title={words.title}
      about={words.about}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => edit("new")}>
          {words.add}
        </Button>
      }
    >
      {named ? null : <Alert color="blue">{words.usual}</Alert>}
      <DataTable label={words.title} columns={columns(edit, remove)} rows={rows} rowKey={({ name }) => name} />
      <Dialog
        opened={edited !== null}
        close={() => edit(null)}
        title={edited === "new" ? words.addTitle : words.edit(edited?.name ?? "")}
      >
        {edited === null ? null : (
          <TierForm
            base={edited === "new" ? null : edited}
            docs={docs}
            names={rows.map(({ name }) => name)}
            propose={(one) => changing.propose(make(one))}
            close={() => edit(null)}
          />
        )}
      </Dialog>
      {changing.dialog}
    </Page>
  );
}

/** The usual tiers but for the one that changes. */
function usualBeside(usual: readonly TierDoc[], { name }: Change): Change[] {
  return usual
    .filter((tier) => tier.name !== name)
    .map((tier) => ({ of: "tier", name: tier.name, base: null, mine: tier }));
}

function present(one: Change): Change[] {
  return one.mine === null ? [] : [{ ...one, base: null }];
}

interface TierFormProps {
  base: TierDoc | null;
  docs: Docs;
  names: readonly string[];
  propose: (change: Change) => Promise<unknown>;
  close: () => void;
}

const WHENS = ["free", "balance", "plan"] as const;

function TierForm({ base, docs, names, propose, close }: TierFormProps) {
  const at = (name: string) => String(base?.[name] ?? "");
  const fair = (base?.fair_use ?? {}) as Record<string, number>;
  const form = useForm({
    initialValues: {
      name: base?.name ?? "",
      when: base?.when ?? "plan",
      minute: at("requests_per_minute"),
      concurrent: at("concurrent"),
      day: at("requests_per_day"),
      tokens: at("tokens_per_minute"),
      fair: base?.fair_use !== undefined,
      queueMs: String(fair.queue_ms_max ?? "2000"),
      queued: String(fair.queued_max ?? "40"),
    },
    validate: {
      name: (name) => (base === null && names.includes(name.trim()) ? words.form.taken : null),
      minute: wrongNumber,
      concurrent: wrongNumber,
      day: wrongNumber,
      tokens: wrongNumber,
      queueMs: wrongNumber,
      queued: wrongNumber,
    },
  });
  const values = form.getValues();
  const n = placeOf(docs, values.name.trim(), names, base === null);
  const sent = useSending({
    form,
    names: {
      [`tier[${n}].name`]: "name",
      [`tier[${n}].when`]: "when",
      [`tier[${n}].requests_per_minute`]: "minute",
      [`tier[${n}].concurrent`]: "concurrent",
      [`tier[${n}].requests_per_day`]: "day",
      [`tier[${n}].tokens_per_minute`]: "tokens",
      [`tier[${n}].fair_use.queue_ms_max`]: "queueMs",
      [`tier[${n}].fair_use.queued_max`]: "queued",
    },
    send: (typed) => propose({ of: "tier", name: typed.name.trim(), base, mine: entryOf(typed) }),
    done: () => undefined,
  });
  const number = (name: "minute" | "concurrent" | "day" | "tokens" | "queueMs" | "queued") => (
    <TextInput
      label={words.form[name]}
      {...(name === "tokens" ? { placeholder: words.form.tokensHint } : {})}
      inputMode="numeric"
      {...form.getInputProps(name)}
    />
  );
  return (
    <form onSubmit={sent.onSubmit} autoComplete="off">
      <Stack>
        {base === null ? (
          <TextInput
            label={words.form.name}
            description={words.form.nameHint}
            required
            maxLength={64}
            data-autofocus
            {...form.getInputProps("name")}
          />
        ) : null}
        <NativeSelect
          label={words.form.when}
          data={WHENS.map((value) => ({ value, label: words.whens[value] }))}
          {...form.getInputProps("when")}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {number("minute")}
          {number("concurrent")}
          {number("day")}
          {number("tokens")}
        </SimpleGrid>
        <Checkbox label={words.form.fair} {...form.getInputProps("fair", { type: "checkbox" })} />
        {values.fair ? (
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {number("queueMs")}
            {number("queued")}
          </SimpleGrid>
        ) : null}
        <FormFoot sent={sent} action={change.look} cancel={close} />
      </Stack>
    </form>
  );
}

/** Where the tier stands among what is sent: alone, or behind the usual ones. */
function placeOf(docs: Docs, name: string, names: readonly string[], fresh: boolean): number {
  if (docs.tier.length > 0) return 0;
  return fresh ? names.length : names.filter((other) => other !== name).length;
}

interface TierValues extends Record<"name" | "when" | "minute" | "concurrent" | "day" | "tokens", string> {
  fair: boolean;
  queueMs: string;
  queued: string;
}

function entryOf(typed: TierValues): Entry {
  return full({
    name: typed.name.trim(),
    when: typed.when,
    requests_per_minute: numberOf(typed.minute),
    concurrent: numberOf(typed.concurrent),
    requests_per_day: numberOf(typed.day),
    tokens_per_minute: numberOf(typed.tokens),
    fair_use: typed.fair
      ? { queue_ms_max: numberOf(typed.queueMs) ?? 0, queued_max: numberOf(typed.queued) ?? 0 }
      : undefined,
  });
}

function columns(edit: (tier: TierDoc) => void, remove: (tier: TierDoc) => void): readonly Column<TierDoc>[] {
  const figure = (name: string) => (tier: TierDoc) =>
    tier[name] === undefined ? words.unlimited : count(Number(tier[name]));
  return [
    {
      key: "name",
      head: words.columns.name,
      cell: (tier) => (
        <Stack gap={0} miw={100}>
          <Text fw={600} className="unbroken">
            {tier.name}
          </Text>
          <Text size="xs" c="dimmed">
            {words.whens[tier.when as keyof typeof words.whens] ?? tier.when}
          </Text>
          <Fair of={tier} />
        </Stack>
      ),
    },
    { key: "minute", head: words.columns.minute, figures: true, cell: figure("requests_per_minute") },
    { key: "concurrent", head: words.columns.concurrent, figures: true, from: "xs", cell: figure("concurrent") },
    { key: "day", head: words.columns.day, figures: true, from: "xs", cell: figure("requests_per_day") },
    { key: "tokens", head: words.columns.tokens, figures: true, from: "md", cell: figure("tokens_per_minute") },
    {
      key: "menu",
      head: common.actions,
      quiet: true,
      cell: (tier) => (
        <Group justify="flex-end">
          <Menu label={common.actionsFor(tier.name)} target={<IconDots size={18} aria-hidden />} width={180}>
            <MenuItem onClick={() => edit(tier)}>{words.editAction}</MenuItem>
            <MenuDivider />
            <MenuItem danger onClick={() => remove(tier)}>
              {words.remove}
            </MenuItem>
          </Menu>
        </Group>
      ),
    },
  ];
}

function Fair({ of: tier }: { of: TierDoc }) {
  const fair = tier.fair_use as { queue_ms_max: number; queued_max: number } | undefined;
  if (!fair) return null;
  return (
    <Text size="xs" c="dimmed">
      {words.fairUse(count(fair.queue_ms_max), count(fair.queued_max))}
    </Text>
  );
}
