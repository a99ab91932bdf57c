// What everybody did, or what was done in one workspace, newest first; and whether its chain is whole. Never here: a change; the log
// takes none.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconHistory, IconLink } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import type { components } from "#schema";
import { api, take } from "../../../lib/api";
import { asFault } from "../../../lib/fault";
import { count } from "../../../lib/figures";
import { workspaceNamesQuery } from "../../../lib/house";
import { textOf } from "../../../lib/search";
import { houseLog as words } from "../../../messages/houseLog";
import { Copyable } from "../../../parts/Copy";
import type { Column } from "../../../parts/DataTable";
import { FaultNote } from "../../../parts/FaultNote";
import { LinkAnchor } from "../../../parts/links";
import { Empty, Page } from "../../../parts/Page";
import { type Entry, LogTable } from "../_workspace/-log";
import { Whose } from "./-whose";

const PAGE_ROWS = 50;

/** Whose log, and which page of it. */
interface LogSearch {
  of?: string | undefined;
  before?: string | undefined;
}

/** A workspace's own log is asked for as its members ask. */
const houseLogQuery = ({ of: workspace, before }: LogSearch) =>
  queryOptions({
    queryKey: ["log", "house", { workspace, before }],
    // What was just done stands in it whenever it is opened.
    staleTime: 0,
    queryFn: () => {
      const query = { limit: PAGE_ROWS, ...(before ? { before } : {}) };
      return workspace
        ? take(api.GET("/workspaces/{workspace}/log", { params: { path: { workspace }, query } }))
        : take(api.GET("/log", { params: { query } }));
    },
  });

export const Route = createFileRoute("/_app/operator/log")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: (search: Record<string, unknown>): LogSearch => ({
    of: textOf(search.of),
    before: textOf(search.before),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => context.client.ensureQueryData(houseLogQuery(deps)),
  component: HouseLog,
});

function HouseLog() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const { data, next } = useSuspenseQuery(houseLogQuery(search)).data;
  const names = useQuery(workspaceNamesQuery).data ?? {};
  const check = useMutation({ mutationFn: () => take(api.GET("/log/check")) });
  return (
    <Page
      title={words.title}
      about={words.about}
      actions={
        <Button
          variant="default"
          loading={check.isPending}
          leftSection={<IconLink size={16} aria-hidden />}
          onClick={() => check.mutate()}
        >
          {words.check.action}
        </Button>
      }
    >
      <FaultNote fault={check.error ? asFault(check.error) : null} />
      <div role="status">{check.data ? <Chain of={check.data} /> : null}</div>
      <Whose
        label={words.workspace}
        all={words.everything}
        of={search.of}
        choose={(workspace) => void navigate({ search: { of: workspace, before: undefined } })}
      />
      {data.length === 0 && !search.before ? (
        <Empty Icon={IconHistory} title={words.none}>
          {words.noneDetail}
        </Empty>
      ) : (
        <LogTable
          rows={data}
          next={next}
          before={search.before}
          actions={words.actions}
          more={search.of ? [] : [placeColumn(names)]}
        />
      )}
    </Page>
  );
}

/** In which workspace it was. */
function placeColumn(names: Readonly<Record<string, string>>): Column<Entry> {
  return {
    key: "workspace",
    head: words.column,
    from: "md",
    cell: ({ workspace }) =>
      workspace ? (
        <LinkAnchor
          to="/operator/workspaces/$workspace"
          params={{ workspace }}
          inherit
          className="unbroken"
          maw={180}
          display="block"
        >
          {names[workspace] ?? workspace}
        </LinkAnchor>
      ) : null,
  };
}

function Chain({ of: chain }: { of: components["schemas"]["LogChecked"] }) {
  const { check } = words;
  const entries = count(chain.entries);
  if (!chain.whole) {
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} aria-hidden />} title={check.broken}>
        {check.brokenAt(count(chain.broken_at ?? 0), entries)}
      </Alert>
    );
  }
  return (
    <Alert color="teal" variant="light" icon={<IconCheck size={18} aria-hidden />} title={check.whole}>
      <Stack gap={6}>
        <Text size="sm">
          {check.about} {check.wholeIs(entries)}
        </Text>
        <Stack gap={2} align="flex-start">
          <Text size="sm" fw={600}>
            {check.head}
          </Text>
          <Copyable value={chain.head} what={check.head.toLowerCase()} />
          <Text size="xs">{check.headAbout}</Text>
        </Stack>
      </Stack>
    </Alert>
  );
}
