// Requests as they end, narrowed as the address says, a page at a time, with sums of the very same. Those of a workspace, or everybody's:
// where it stands says which (lib/place).

import { Alert, Button, Group } from "@mantine/core";
import { IconDownload, IconFilterOff, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useRef, useState } from "react";
import type { RequestsSearch, Which } from "../../../../lib/asked";
import type { Request } from "../../../../lib/events";
import { factsQuery } from "../../../../lib/facts";
import { workspaceNamesQuery } from "../../../../lib/house";
import { usePlace } from "../../../../lib/place";
import {
  csvHref,
  fits,
  keyNamesQuery,
  noSumOf,
  putRow,
  type RequestPage,
  requestsQuery,
  sumSpan,
  whichOf,
} from "../../../../lib/requests";
import { useLive } from "../../../../lib/useLive";
import { requests as words } from "../../../../messages/usage";
import { DataTable, Pager } from "../../../../parts/DataTable";
import { LiveMark } from "../../../../parts/LiveMark";
import { Empty, Page } from "../../../../parts/Page";
import { Filters } from "./-filters";
import { columns, costsOf, totalsOf } from "./-rows";

interface RequestListProps {
  title: string;
  about: string;
  /** What the address says. */
  search: RequestsSearch;
  /** Goes to the list with these instead. */
  change: (next: Partial<RequestsSearch>) => void;
  /** What stands in the place of requests before there is one. */
  first: ReactNode;
}

/** The page. */
export function RequestList({ title, about, search, change, first }: RequestListProps) {
  const { name } = usePlace();
  const { before } = search;
  const asked = JSON.stringify(search);
  // A span that goes on until now stays the same while it is looked at.
  const which = useMemo(() => whichOf(JSON.parse(asked), Date.now()), [asked]);
  const page = useSuspenseQuery(requestsQuery(name, which, before)).data;
  const ever = useQuery({ ...requestsQuery(name, {}, undefined, 1), enabled: page.data.length === 0 }).data;
  const live = useLiveRows(which, before);
  const never = page.data.length === 0 && ever?.data.length === 0;
  return (
    <Page
      title={title}
      about={about}
      actions={never ? <LiveMark standing={live.standing} /> : <Actions which={which} live={live} />}
    >
      {never ? (
        first
      ) : (
        <>
          <Filters search={search} change={change} />
          {page.data.length === 0 && !before ? (
            <Empty Icon={IconFilterOff} title={words.none}>
              {words.noneDetail}
            </Empty>
          ) : (
            <Rows page={page} which={which} before={before} fresh={live.isFresh} />
          )}
        </>
      )}
    </Page>
  );
}

interface RowsProps {
  page: RequestPage;
  which: Which;
  before: string | undefined;
  fresh: (row: Request) => boolean;
}

function Rows({ page, which, before, fresh }: RowsProps) {
  const { name, began } = usePlace();
  const keys = useQuery(keyNamesQuery(name)).data ?? {};
  const workspaces = useQuery({ ...workspaceNamesQuery, enabled: name === null }).data ?? {};
  const none = noSumOf(which);
  const span = useMemo(() => sumSpan(which, began, Date.now()), [which, began]);
  const sums = useQuery({ ...factsQuery(name, { which, ...span }), enabled: none === null }).data;
  const { costs, total } = costsOf(page.data, sums?.total.charge_usd);
  return (
    <>
      <DataTable
        label={words.title}
        columns={columns(keys, costs, name === null ? workspaces : undefined)}
        rows={page.data}
        rowKey={(row) => row.request_id}
        times
        totals={sums && none === null ? totalsOf(sums, total) : undefined}
        fresh={fresh}
        foot={<Pager next={page.next ?? null} before={before} />}
      />
      {none ? <Alert color="gray">{words.noTotals[none]}</Alert> : null}
    </>
  );
}

type LiveRows = ReturnType<typeof useLiveRows>;

/** Puts rows into the list as they end, or counts them while it stands still. */
function useLiveRows(which: Which, before: string | undefined) {
  const { name } = usePlace();
  const client = useQueryClient();
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const came = useRef(new Set<string>());
  const { queryKey } = requestsQuery(name, which, before);
  const still = paused || before !== undefined;
  const standing = useLive({
    row: (row) => {
      if (!fits(row, which)) return;
      if (still) setWaiting((ids) => new Set(ids).add(row.request_id));
      else {
        came.current.add(row.request_id);
        putRow(client, queryKey, row);
      }
    },
    lists: still ? undefined : ["requests", name],
    sums: [
      ["facts", name],
      ["workspace", name],
    ],
  });
  const resume = () => {
    setPaused(false);
    setWaiting(new Set());
    void client.invalidateQueries({ queryKey });
  };
  return {
    standing,
    paused,
    waiting: waiting.size,
    pause: () => setPaused(true),
    resume,
    isFresh: (row: Request) => came.current.has(row.request_id),
  };
}

function Actions({ which, live }: { which: Which; live: LiveRows }) {
  const { name } = usePlace();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Group gap="md">
      <LiveMark standing={live.standing} paused={live.paused} />
      {live.paused ? (
        <Button variant="light" leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={live.resume}>
          {live.waiting > 0 ? words.waiting(live.waiting) : words.resume}
        </Button>
      ) : (
        <Button variant="default" leftSection={<IconPlayerPause size={16} aria-hidden />} onClick={live.pause}>
          {words.pause}
        </Button>
      )}
      <Button
        component="a"
        href={csvHref(name, which, zone)}
        download
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        {words.csv}
      </Button>
    </Group>
  );
}
