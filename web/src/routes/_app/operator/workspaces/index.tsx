// All workspaces: found by what is typed, with credit, tier, and whether their calls are let in.
import { Code, Stack } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { allWorkspacesQuery } from "../../../../lib/house";
import { usd, usdExact } from "../../../../lib/money";
import { listOf } from "../../../../lib/search";
import type { Workspace } from "../../../../lib/workspace";
import { workspaces as words } from "../../../../messages/house";
import type { Column } from "../../../../parts/DataTable";
import { LinkAnchor } from "../../../../parts/links";
import { When } from "../../../../parts/When";
import { FoundList } from "../-find";
import { loading, useNarrowed } from "../-narrowed";
import { LetIn } from "./-state";

export const Route = createFileRoute("/_app/operator/workspaces/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: listOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: loading(allWorkspacesQuery),
  component: Workspaces,
});

function Workspaces() {
  const narrowed = useNarrowed(allWorkspacesQuery, Route.useSearch());
  return <FoundList words={words} columns={COLUMNS} {...narrowed} />;
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
