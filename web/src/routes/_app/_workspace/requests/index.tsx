// The requests of a workspace as they end, narrowed as the address says, a page at a time, with sums of the very same. Developers see those
// of their own keys.
import { Alert, Button, Group } from "@mantine/core";
import { IconDownload, IconFilterOff, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import type { Request } from "../../../../lib/events";
import { factsQuery } from "../../../../lib/facts";
import { useHere } from "../../../../lib/here";
import {
  csvHref,
  fits,
  keyNamesQuery,
  noSumOf,
  type RequestPage,
  requestsOf,
  requestsQuery,
  sumSpan,
  type Which,
  whichOf,
  withRow,
} from "../../../../lib/requests";
import { useLive } from "../../../../lib/useLive";
import { requests as words } from "../../../../messages/usage";
import { DataTable, Pager } from "../../../../parts/DataTable";
import { LiveMark } from "../../../../parts/LiveMark";
import { Empty, Page } from "../../../../parts/Page";
import { Filters } from "./-filters";
import { FirstCall } from "./-first-call";
import { columns, costsOf, totalsOf } from "./-rows";

export const Route = createFileRoute("/_app/_workspace/requests/")({
  validateSearch: requestsOf,
  loaderDeps: ({ search }) => requestsOf({ ...search }),
  loader: ({ context, deps }) =>
    context.client.ensureQueryData(requestsQuery(context.workspaceName, whichOf(deps, Date.now()), deps.before)),
  component: Requests,
});

function Requests() {
  const here = useHere();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { before } = search;
  const asked = JSON.stringify(requestsOf({ ...search }));
  // A span that goes on until now stays the same while it is looked at.
  const which = useMemo(() => whichOf(JSON.parse(asked), Date.now()), [asked]);
  const page = useSuspenseQuery(requestsQuery(here.name, which, before)).data;
  const ever = useQuery({ ...requestsQuery(here.name, {}, undefined, 1), enabled: page.data.length === 0 }).data;
  const live = useLiveRows(which, before);
  const keys = useQuery(keyNamesQuery(here.name)).data ?? {};
  const never = page.data.length === 0 && ever?.data.length === 0;
  return (
    <Page
      title={words.title}
      about={here.role === "developer" ? words.aboutOwn : words.about}
      actions={never ? <LiveMark standing={live.standing} /> : <Actions which={which} live={live} />}
    >
      {never ? (
        <FirstCall />
      ) : (
        <>
          <Filters
            search={search}
            change={(next) => void navigate({ search: (now) => ({ ...now, ...next, before: undefined }) })}
          />
          {page.data.length === 0 && !before ? (
            <Empty Icon={IconFilterOff} title={words.none}>
              {words.noneDetail}
            </Empty>
          ) : (
            <Rows page={page} which={which} before={before} keys={keys} fresh={live.isFresh} />
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
  keys: Readonly<Record<string, string>>;
  fresh: (row: Request) => boolean;
}

function Rows({ page, which, before, keys, fresh }: RowsProps) {
  const { name, workspace } = useHere();
  const none = noSumOf(which);
  const span = useMemo(() => sumSpan(which, workspace.created_at, Date.now()), [which, workspace.created_at]);
  const sums = useQuery({ ...factsQuery(name, { which, ...span }), enabled: none === null }).data;
  const { costs, total } = costsOf(page.data, sums?.total.charge_usd);
  return (
    <>
      <DataTable
        label={words.title}
        columns={columns(keys, costs)}
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
  const { name } = useHere();
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
        client.setQueryData<RequestPage>(queryKey, (page) => page && withRow(page, row));
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
  const { name } = useHere();
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
