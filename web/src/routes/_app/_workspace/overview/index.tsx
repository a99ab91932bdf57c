// The first page after a sign-in: what credit is left and how fast it goes, what was asked for and how it ended, what may be asked for.
import { Alert, SimpleGrid, Stack, Title } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { Request } from "../../../../lib/events";
import { useHere } from "../../../../lib/here";
import { type RequestPage, requestsQuery, withRow } from "../../../../lib/requests";
import { useLive } from "../../../../lib/useLive";
import { overview as words } from "../../../../messages/usage";
import { DataTable } from "../../../../parts/DataTable";
import { LiveMark } from "../../../../parts/LiveMark";
import { LinkButton } from "../../../../parts/links";
import { Page } from "../../../../parts/Page";
import { columns, costsOf } from "../requests/-rows";
import { Health } from "./-health";
import { LimitsLeft } from "./-limits";
import { GettingStarted } from "./-start";
import { Tiles } from "./-tiles";

/** So many of the newest requests are shown. */
const RECENT = 8;
const SHOWN = ["at", "model", "ending", "took", "cost"];

export const Route = createFileRoute("/_app/_workspace/overview/")({
  loader: ({ context }) => context.client.ensureQueryData(requestsQuery(context.workspaceName, {}, undefined, RECENT)),
  component: Overview,
});

function Overview() {
  const { name, workspace } = useHere();
  const recent = useRecent();
  // Who sees the first steps sees them done; they go with the page.
  const [began] = useState(recent.page.data.length === 0);
  return (
    <Page title={words.title} about={workspace.name} actions={<LiveMark standing={recent.standing} />}>
      {workspace.balance_micro_usd <= 0 ? (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden />} title={words.empty}>
          {words.emptyDetail}
        </Alert>
      ) : null}
      {began ? <GettingStarted first={recent.page.data.at(-1) ?? null} /> : null}
      <Tiles />
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: "start" }}>
        <Health />
        <LimitsLeft />
      </SimpleGrid>
      {recent.page.data.length > 0 ? (
        <Stack gap="sm" component="section">
          <Title order={2}>{words.recent}</Title>
          <DataTable
            label={words.recent}
            columns={columns({}, costsOf(recent.page.data, undefined).costs).filter((column) =>
              SHOWN.includes(column.key),
            )}
            rows={recent.page.data}
            rowKey={(row) => row.request_id}
            times
            fresh={recent.isFresh}
            foot={
              <LinkButton to="/requests" variant="subtle" size="xs" key={name}>
                {words.all}
              </LinkButton>
            }
          />
        </Stack>
      ) : null}
    </Page>
  );
}

/** The newest requests, as they end. */
function useRecent() {
  const { name } = useHere();
  const client = useQueryClient();
  const query = requestsQuery(name, {}, undefined, RECENT);
  const page = useSuspenseQuery(query).data;
  const came = useRef(new Set<string>());
  const standing = useLive({
    row: (row) => {
      came.current.add(row.request_id);
      client.setQueryData<RequestPage>(query.queryKey, (known) => known && withRow(known, row, RECENT));
    },
    lists: ["requests", name],
    sums: [
      ["facts", name],
      ["workspace", name],
      ["limits", name],
    ],
  });
  return { page, standing, isFresh: (row: Request) => came.current.has(row.request_id) };
}
