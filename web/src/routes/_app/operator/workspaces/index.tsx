// All workspaces: found by a few letters, with credit, tier, and whether their calls are let in.
import { Code, Stack } from "@mantine/core";
import { IconFilterOff } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { allWorkspacesQuery, found } from "../../../../lib/house";
import { usd, usdExact } from "../../../../lib/money";
import { listOf } from "../../../../lib/search";
import type { Workspace } from "../../../../lib/workspace";
import { list, workspaces as words } from "../../../../messages/house";
import { type Column, DataTable, Pager } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { Empty, Page } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { Cut, Find } from "../-find";
import { LetIn } from "./-state";

export const Route = createFileRoute("/_app/operator/workspaces/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: listOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context, deps }) => context.client.ensureQueryData(allWorkspacesQuery(deps.before)),
  component: Workspaces,
});

function Workspaces() {
  const { q, before } = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data, next } = useSuspenseQuery(allWorkspacesQuery(before)).data;
  const { shown, many } = found(data, q, ({ name, slug, id }) => [name, slug, id]);
  return (
    <Page title={words.title} about={words.about}>
      <Find
        hint={words.findHint}
        q={q}
        change={(typed) => void navigate({ search: (now) => ({ ...now, q: typed }), replace: true })}
      />
      {shown.length === 0 ? (
        <Empty Icon={IconFilterOff} title={list.none}>
          {list.noneDetail}
        </Empty>
      ) : (
        <DataTable
          label={words.title}
          columns={COLUMNS}
          rows={shown}
          rowKey={(workspace) => workspace.id}
          times
          foot={<Pager next={next ?? null} before={before} />}
        />
      )}
      <Cut shown={shown.length} many={many} />
    </Page>
  );
}

const COLUMNS: readonly Column<Workspace>[] = [
  {
    key: "name",
    head: words.columns.name,
    cell: (one) => (
      <Stack gap={0} miw={120} maw={300} align="flex-start">
        <LinkAnchor to="/operator/workspaces/$workspace" params={{ workspace: one.id }} inherit className="unbroken">
          {one.name}
        </LinkAnchor>
        <Code className="unbroken">{one.slug}</Code>
      </Stack>
    ),
  },
  {
    key: "balance",
    head: words.columns.balance,
    figures: true,
    cell: (one) => <span title={usdExact(one.balance_usd)}>{usd(one.balance_usd, "down")}</span>,
  },
  {
    key: "held",
    head: words.columns.held,
    figures: true,
    from: "md",
    cell: (one) => <span title={usdExact(one.holds_usd)}>{usd(one.holds_usd)}</span>,
  },
  {
    key: "tier",
    head: words.columns.tier,
    from: "md",
    cell: ({ rules }) => rules.tier ?? (rules.plans.length > 0 ? rules.plans.join(", ") : words.byMoney),
  },
  { key: "state", head: words.columns.state, from: "xs", cell: (one) => <LetIn of={one} /> },
  { key: "made", head: words.columns.made, from: "lg", cell: (one) => <When at={one.created_at} as="bare" /> },
];
