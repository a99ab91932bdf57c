// One request: all that is known of it, and how its charge came about, line by line.
import { Alert, Badge, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import "@mantine/core/styles/SimpleGrid.css";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { count, took } from "../../../../lib/figures";
import { workspaceNamesQuery } from "../../../../lib/house";
import { usdAligned, usdExact } from "../../../../lib/money";
import { usePlace } from "../../../../lib/place";
import { keyNamesQuery, type RequestDetail, requestQuery } from "../../../../lib/requests";
import { usage, request as words } from "../../../../messages/usage";
import { Copyable } from "../../../../parts/Copy";
import { DataTable } from "../../../../parts/DataTable";
import { EndingBadge } from "../../../../parts/EndingBadge";
import { Fact, Facts } from "../../../../parts/Facts";
import { LinkAnchor } from "../../../../parts/links";
import { Page, Section } from "../../../../parts/Page";
import { When } from "../../../../parts/When";
import { ToRequests } from "./-links";
import { ModelName } from "./-rows";

/** The page. */
export function OneRequest({ id, back }: { id: string; back: ReactNode }) {
  const { name } = usePlace();
  const request = useSuspenseQuery(requestQuery(name, id)).data;
  return (
    <Page
      title={words.title}
      about={<Copyable value={request.request_id} what={words.id.toLowerCase()} />}
      actions={back}
    >
      <What of={request} />
      <Cost of={request} />
      {request.tries.length > 0 ? <Tries of={request} /> : null}
    </Page>
  );
}

function What({ of: request }: { of: RequestDetail }) {
  const { name } = usePlace();
  const keys = useQuery(keyNamesQuery(name)).data ?? {};
  return (
    <Section title={words.what}>
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing={10} style={{ alignItems: "start" }}>
        <Facts>
          <Fact name={words.ended}>
            <Group gap="xs">
              <EndingBadge of={request.ending} />
              <span>{words.status(request.status)}</span>
            </Group>
          </Fact>
          <Fact name={words.fault}>{request.fault}</Fact>
          <Fact name={words.at}>
            <When at={request.at} as="precise" />
          </Fact>
          <Fact name={words.model}>
            <ModelName of={request} />
          </Fact>
          <Fact name={words.endpoint}>{request.endpoint}</Fact>
          <Fact name={words.streamed}>{request.streamed ? words.yes : words.no}</Fact>
          <Fact name={words.took}>{took(request.latency_ms)}</Fact>
          <Fact name={words.firstByte}>{request.first_byte_ms === null ? null : took(request.first_byte_ms)}</Fact>
          <Fact name={words.attempts}>{count(request.attempts)}</Fact>
        </Facts>
        <Facts>
          {name === null ? <House of={request} /> : null}
          <Fact name={words.key}>
            {name === null ? (
              (keys[request.key] ?? request.key)
            ) : (
              <LinkAnchor to="/keys/$key" params={{ key: request.key }}>
                {keys[request.key] ?? request.key}
              </LinkAnchor>
            )}
          </Fact>
          <Fact name={words.client}>{request.client}</Fact>
          <Fact name={words.session}>{request.session ? <SessionLink of={request.session} /> : null}</Fact>
          <Fact name={words.clientId}>
            {request.client_request_id ? (
              <Copyable value={request.client_request_id} what={words.clientId.toLowerCase()} />
            ) : null}
          </Fact>
          <Fact name={words.source}>{words.sources[request.usage_source]}</Fact>
          <Fact name={words.priceVersion}>
            {request.price ? <Copyable value={request.price} what={words.priceVersion.toLowerCase()} /> : null}
          </Fact>
        </Facts>
      </SimpleGrid>
    </Section>
  );
}

/** Whose it was and who served it. */
function House({ of: request }: { of: RequestDetail }) {
  const workspaces = useQuery(workspaceNamesQuery).data ?? {};
  return (
    <>
      <Fact name={words.workspace}>
        <ToRequests search={{ workspace: request.workspace }}>
          {workspaces[request.workspace] ?? request.workspace}
        </ToRequests>
      </Fact>
      <Fact name={words.provider}>
        {request.provider ? <ToRequests search={{ provider: request.provider }}>{request.provider}</ToRequests> : null}
      </Fact>
      <Fact name={words.upstream}>{request.upstream_model}</Fact>
    </>
  );
}

function SessionLink({ of: session }: { of: string }) {
  return (
    <Stack gap={0} align="flex-start">
      <span className="unbroken">{session}</span>
      <ToRequests search={{ session, since: "all" }}>{words.sessionAll}</ToRequests>
    </Stack>
  );
}

interface CostLine {
  what: string;
  count: number;
  rate: string | null;
  cost: string | null;
}

/** The lines of the charge and their sum; where nothing was charged for, what was counted all the same. */
function linesOf({ charged, tokens, images }: RequestDetail): { lines: CostLine[]; sum: string } {
  // Lines are exact to the pico-USD, their sum and the charge to the nano-USD: digits stand below each other.
  const costs = usdAligned([...charged.lines.map((line) => line.cost_usd), charged.sum_usd ?? charged.charge_usd]);
  const sum = costs.at(-1) ?? "";
  if (charged.lines.length > 0) {
    const lines = charged.lines.map((line, n) => {
      const rate = line.rate_usd === null ? null : usdAligned([line.rate_usd])[0];
      const told = rate && (line.per === 1 ? words.perOne(rate) : words.perMillion(rate));
      return { what: line.what, count: line.count, rate: told ?? words.ownPrice, cost: costs[n] ?? null };
    });
    return { lines, sum };
  }
  const none = { rate: null, cost: null };
  const lines = Object.entries(tokens).map(([what, many]) => ({ what, count: many, ...none }));
  return { lines: images > 0 ? [...lines, { what: "images", count: images, ...none }] : lines, sum };
}

function Cost({ of: request }: { of: RequestDetail }) {
  const { charged } = request;
  const { lines, sum } = linesOf(request);
  const { what, count: many, rate, cost } = words.columns;
  const less = charged.sum_usd !== null && charged.sum_usd !== charged.charge_usd;
  const priced = charged.lines.length > 0;
  return (
    <Section title={words.cost} about={priced ? words.costAbout : words.uncharged}>
      {lines.length > 0 ? (
        <DataTable
          label={words.cost}
          plain
          columns={[
            { key: "what", head: what, cell: (line) => usage.classes[line.what] ?? line.what },
            { key: "count", head: many, figures: true, cell: (line) => count(line.count) },
            { key: "rate", head: rate, figures: true, cell: (line) => line.rate },
            { key: "cost", head: cost, figures: true, cell: (line) => line.cost },
          ]}
          rows={lines}
          rowKey={(line) => line.what}
          totals={priced ? { what: less ? words.sum : words.charged, cost: sum } : undefined}
        />
      ) : null}
      {less ? (
        <Alert color="yellow">
          {words.less} {words.charged}: <strong className="figures">{usdExact(charged.charge_usd)}</strong>
        </Alert>
      ) : null}
      <Saved nano={request.cache_saved_nano_usd} />
    </Section>
  );
}

/** What the prompt cache saved, or cost. The API tells it in whole nano-USD. */
function Saved({ nano }: { nano: number }) {
  if (nano === 0) return null;
  const size = usdExact(nanoText(nano));
  return (
    <Group gap="xs">
      <Badge color={nano > 0 ? "teal" : "gray"}>{size}</Badge>
      <Text size="sm">{nano > 0 ? words.saved : words.savedNothing}</Text>
    </Group>
  );
}

function nanoText(nano: number): string {
  const digits = String(Math.abs(nano)).padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

type Try = RequestDetail["tries"][number] & { n: number };

function Tries({ of: request }: { of: RequestDetail }) {
  const { n, provider, upstream, fault, cause, until } = words.triesColumns;
  const { name } = usePlace();
  const tries: Try[] = request.tries.map((attempt, place) => ({ ...attempt, n: place + 1 }));
  return (
    <Section title={words.tries} about={name === null ? words.triesAboutHouse : words.triesAbout}>
      <DataTable
        label={words.tries}
        plain
        columns={[
          { key: "n", head: n, cell: (attempt) => attempt.n },
          ...(name === null
            ? [
                { key: "provider", head: provider, cell: ({ provider }: Try) => provider },
                { key: "upstream", head: upstream, cell: ({ upstream_model }: Try) => upstream_model },
              ]
            : []),
          { key: "fault", head: fault, cell: (attempt) => attempt.fault },
          ...(name === null ? [{ key: "cause", head: cause, cell: ({ cause }: Try) => cause }] : []),
          { key: "until", head: until, figures: true, cell: (attempt) => took(attempt.until_ms) },
        ]}
        rows={tries}
        rowKey={(attempt) => String(attempt.n)}
      />
    </Section>
  );
}
