// The ledger: what everybody's credit comes to, whether the books agree, who holds what, and what moved besides requests.
import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { count } from "../../../../lib/figures";
import { ledgerQuery, movementsQuery } from "../../../../lib/ledger";
import { usd, usdExact } from "../../../../lib/money";
import { textOf } from "../../../../lib/search";
import { ledger as words } from "../../../../messages/ledger";
import { Page } from "../../../../parts/Page";
import { Tile, Tiles } from "../../../../parts/Tile";
import { AuditPart } from "./-audit";
import { Holds } from "./-holds";
import { Movements } from "./-movements";

/** Whose movements, and which page of them. */
interface LedgerSearch {
  of?: string | undefined;
  before?: string | undefined;
}

export const Route = createFileRoute("/_app/operator/ledger/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: (search: Record<string, unknown>): LedgerSearch => ({
    of: textOf(search.of),
    before: textOf(search.before),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { client }, deps }) =>
    Promise.all([client.ensureQueryData(ledgerQuery), client.ensureQueryData(movementsQuery(deps.of, deps.before))]),
  component: LedgerPage,
});

function LedgerPage() {
  const { of, before } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Page title={words.title} about={words.about}>
      <Sums />
      <AuditPart />
      <Holds />
      <Movements
        of={of}
        before={before}
        choose={(workspace) => void navigate({ search: { of: workspace, before: undefined } })}
      />
    </Page>
  );
}

function Sums() {
  const sums = useSuspenseQuery(ledgerQuery).data;
  const workspaces = words.workspaces(sums.workspaces, count(sums.workspaces));
  return (
    <>
      {sums.failing ? (
        <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {words.failing}
        </Alert>
      ) : null}
      <Tiles>
        <Tile
          name={words.balance}
          figure={usd(sums.balance_usd, "down")}
          exact={usdExact(sums.balance_usd)}
          about={words.balanceAbout(workspaces)}
        />
        <Tile
          name={words.given}
          figure={usd(sums.given_usd, "down")}
          exact={usdExact(sums.given_usd)}
          about={words.givenAbout}
        />
        <Tile
          name={words.held}
          figure={usd(sums.holds_usd)}
          exact={usdExact(sums.holds_usd)}
          about={words.holdsAre(sums.open_holds, count(sums.open_holds))}
        />
        <Tile name={words.waiting} figure={count(sums.waiting)} about={words.waitingAbout} />
      </Tiles>
    </>
  );
}
