// What was done in a workspace, newest first, with what was before and after. Never here: a change; the log takes none.
import { IconHistory } from "@tabler/icons-react";
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { api, take } from "../../../lib/api";
import { pageOf } from "../../../lib/search";
import { log } from "../../../messages/log";
import { Empty, Page } from "../../../parts/Page";
import { LogTable } from "./-log";

const PAGE_ROWS = 50;

const logQuery = (workspace: string, before?: string) =>
  queryOptions({
    queryKey: ["log", workspace, { before }],
    // What was just done stands in it whenever it is opened.
    staleTime: 0,
    queryFn: () =>
      take(
        api.GET("/workspaces/{workspace}/log", {
          params: { path: { workspace }, query: { limit: PAGE_ROWS, ...(before ? { before } : {}) } },
        }),
      ),
  });

export const Route = createFileRoute("/_app/_workspace/audit-log")({
  validateSearch: pageOf,
  loaderDeps: ({ search }) => ({ before: search.before }),
  loader: ({ context, deps }) => context.client.ensureQueryData(logQuery(context.workspaceName, deps.before)),
  component: AuditLog,
});

function AuditLog() {
  const { workspaceName } = Route.useRouteContext();
  const { before } = Route.useSearch();
  const { data, next } = useSuspenseQuery(logQuery(workspaceName, before)).data;
  return (
    <Page title={log.title} about={log.about}>
      {data.length === 0 && !before ? (
        <Empty Icon={IconHistory} title={log.none}>
          {log.noneDetail}
        </Empty>
      ) : (
        <LogTable rows={data} next={next} before={before} />
      )}
    </Page>
  );
}
