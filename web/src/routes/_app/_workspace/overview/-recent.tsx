// The newest requests, as they end. Of a workspace, or of everybody: where it stands says which (lib/place).
import { Stack, Title } from "@mantine/core";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import type { Request } from "../../../../lib/events";
import { workspaceNamesQuery } from "../../../../lib/house";
import { usePlace } from "../../../../lib/place";
import { putRow, RECENT_ROWS, requestsQuery } from "../../../../lib/requests";
import { useLive } from "../../../../lib/useLive";
import { DataTable } from "../../../../parts/DataTable";
import { columns, costsOf } from "../requests/-rows";

const SHOWN = ["at", "model", "workspace", "provider", "ending", "took", "cost"];

interface RecentRowsProps {
  title: string;
  rows: readonly Request[];
  fresh?: (row: Request) => boolean;
  /** The way to all of them. */
  all: ReactNode;
}

/** The table; none where there is no row. */
export function RecentRows({ title, rows, fresh, all }: RecentRowsProps) {
  const { name } = usePlace();
  const workspaces = useQuery({ ...workspaceNamesQuery, enabled: name === null }).data ?? {};
  if (rows.length === 0) return null;
  const told = columns({}, costsOf(rows, undefined).costs, name === null ? workspaces : undefined);
  return (
    <Stack gap="sm" component="section">
      <Title order={2}>{title}</Title>
      <DataTable
        label={title}
        columns={told.filter((column) => SHOWN.includes(column.key))}
        rows={rows}
        rowKey={(row) => row.request_id}
        times
        fresh={fresh}
        foot={all}
      />
    </Stack>
  );
}

/** The newest requests. */
export function useRecent() {
  const { name } = usePlace();
  const client = useQueryClient();
  const query = requestsQuery(name, {}, undefined, RECENT_ROWS);
  const page = useSuspenseQuery(query).data;
  const came = useRef(new Set<string>());
  const standing = useLive({
    row: (row) => {
      came.current.add(row.request_id);
      putRow(client, query.queryKey, row, RECENT_ROWS);
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
