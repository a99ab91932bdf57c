// How much accounts may ask for: the tiers, each edited in a dialog. Where the catalogue names none the usual table holds, and a change begins with it.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useState } from "react";
import { type Change, catalogueQuery, starterQuery, type TierDoc } from "../../../lib/catalogue";
import { count } from "../../../lib/figures";
import { tiers as words } from "../../../messages/catalogueTiers";
import { common } from "../../../messages/common";
import { type Column, DataTable } from "../../../parts/DataTable";
import { Dialog } from "../../../parts/Dialog";
import { Menu, MenuDivider, MenuItem } from "../../../parts/Menu";
import { Page } from "../../../parts/Page";
import { type Make, making, useChanging, useSeen } from "./-change";
import { TierForm } from "./-tier";

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
