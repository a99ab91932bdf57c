// The columns of a list of requests, and the line of sums below it. In: names of keys. Out: columns. Never here: which rows there are.
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Request } from "../../../../lib/events";
import type { Facts } from "../../../../lib/facts";
import { count, took } from "../../../../lib/figures";
import { usdColumn } from "../../../../lib/money";
import { usage, requests as words } from "../../../../messages/usage";
import type { Column } from "../../../../parts/DataTable";
import { EndingBadge } from "../../../../parts/EndingBadge";
import { When } from "../../../../parts/When";
import { ToRequest } from "./-links";

/** A figure, and below it what belongs to it. */
function Two({ children, below }: { children: ReactNode; below?: ReactNode }) {
  return (
    <Stack gap={0}>
      <span>{children}</span>
      {below ? (
        <Text size="xs" c="dimmed" component="span">
          {below}
        </Text>
      ) : null}
    </Stack>
  );
}

/** The model of a request, as far as one was known. */
export function ModelName({ of }: { of: Request }) {
  return (
    <Stack gap={0} maw={260} miw={90}>
      <Text inherit className="unbroken" {...(of.model ? {} : { c: "dimmed" })} component="span">
        {of.model || usage.noModel}
      </Text>
      {of.upstream_model && of.upstream_model !== of.model && of.status < 400 ? (
        <Text size="xs" c="dimmed" className="unbroken" component="span">
          {words.servedBy(of.upstream_model)}
        </Text>
      ) : null}
      {of.asked_model ? (
        <Text size="xs" c="dimmed" className="unbroken" component="span">
          {words.askedFor(of.asked_model)}
        </Text>
      ) : null}
    </Stack>
  );
}

function keyColumn(head: string, keys: Readonly<Record<string, string>>): Column<Request> {
  return {
    key: "key",
    head,
    from: "lg",
    cell: (row) => (
      <Text inherit truncate maw={160} title={keys[row.key] ?? row.key} component="span" display="block">
        {keys[row.key] ?? row.key}
      </Text>
    ),
  };
}

/** What only operators see: whose it was, and who served it. */
function houseColumns(workspaces: Readonly<Record<string, string>>): readonly Column<Request>[] {
  const { workspace, provider } = words.columns;
  return [
    {
      key: "workspace",
      head: workspace,
      from: "sm",
      cell: (row) => (
        <Text
          inherit
          truncate
          maw={150}
          title={workspaces[row.workspace] ?? row.workspace}
          component="span"
          display="block"
        >
          {workspaces[row.workspace] ?? row.workspace}
        </Text>
      ),
    },
    {
      key: "provider",
      head: provider,
      from: "md",
      cell: (row) => (
        <Text inherit miw={110} maw={170} className="unbroken" component="span" display="block">
          {row.provider}
        </Text>
      ),
    },
  ];
}

/** The columns; with names of workspaces those that operators see, who find the key on the row's own page. */
export function columns(
  keys: Readonly<Record<string, string>>,
  costs: ReadonlyMap<string, string>,
  workspaces?: Readonly<Record<string, string>>,
): readonly Column<Request>[] {
  const { at, model, key, ending, input, output, took: time, cost } = words.columns;
  return [
    {
      key: "at",
      head: at,
      cell: (row) => (
        <Stack gap={0}>
          <ToRequest id={row.request_id}>
            <When at={row.at} as="second" />
          </ToRequest>
          <Text size="xs" c="dimmed" className="unbroken" component="span" hiddenFrom="xs">
            {row.model || usage.noModel}
          </Text>
        </Stack>
      ),
    },
    { key: "model", head: model, from: "xs", cell: (row) => <ModelName of={row} /> },
    ...(workspaces ? houseColumns(workspaces) : [keyColumn(key, keys)]),
    { key: "ending", head: ending, cell: (row) => <Ended of={row} /> },
    {
      key: "input",
      head: input,
      figures: true,
      from: workspaces ? "xl" : "sm",
      cell: (row) => {
        const cached = row.tokens.cached_input ?? 0;
        return <Two below={cached > 0 ? words.cached(count(cached)) : null}>{count(row.prompt_tokens)}</Two>;
      },
    },
    { key: "output", head: output, figures: true, from: workspaces ? "xl" : "sm", cell: (row) => <Output of={row} /> },
    {
      key: "took",
      head: time,
      figures: true,
      from: "md",
      cell: (row) => (
        <Two below={row.first_byte_ms === null ? null : words.firstByte(took(row.first_byte_ms))}>
          {took(row.latency_ms)}
        </Two>
      ),
    },
    { key: "cost", head: cost, figures: true, cell: (row) => costs.get(row.request_id) },
  ];
}

function Output({ of }: { of: Request }) {
  return <Two below={of.images > 0 ? words.images(count(of.images)) : null}>{count(of.answer_tokens)}</Two>;
}

function Ended({ of }: { of: Request }) {
  return (
    <Stack gap={2} align="flex-start" maw={190}>
      <EndingBadge of={of.ending} />
      {of.fault ? (
        <Text size="xs" c="dimmed" className="unbroken" component="span" visibleFrom="xs">
          {of.status} {of.fault}
        </Text>
      ) : null}
    </Stack>
  );
}

/** What each row cost, by its id, and what all came to, with digits that stand below each other. */
export function costsOf(rows: readonly Request[], total: string | undefined) {
  const told = usdColumn([...rows.map((row) => row.charge_usd), ...(total === undefined ? [] : [total])]);
  return { costs: new Map(rows.map((row, n) => [row.request_id, told[n] ?? ""])), total: told[rows.length] };
}

/** The sums, by column. */
export function totalsOf({ total }: Facts, cost: ReactNode): Record<string, ReactNode> {
  const cached = total.tokens.cached_input ?? 0;
  return {
    at: words.totals(count(total.requests)),
    input: <Two below={cached > 0 ? words.cached(count(cached)) : null}>{count(total.prompt_tokens)}</Two>,
    output: <Two below={total.images > 0 ? words.images(count(total.images)) : null}>{count(total.answer_tokens)}</Two>,
    cost,
  };
}
