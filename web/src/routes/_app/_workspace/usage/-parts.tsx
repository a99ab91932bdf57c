// The parts of a span, the dearest first, and all of them together: the same numbers as the tiles. Each leads to its requests.

import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { type By, ENDINGS, type RequestsSearch } from "../../../../lib/asked";
import type { Facts, Part, Sums } from "../../../../lib/facts";
import { count } from "../../../../lib/figures";
import { usdColumn } from "../../../../lib/money";
import type { Span } from "../../../../lib/spans";
import { usage, sums as words } from "../../../../messages/usage";
import { type Column, DataTable } from "../../../../parts/DataTable";
import { Section } from "../../../../parts/Page";
import { ToRequests } from "../requests/-links";

interface PartsProps {
  facts: Facts;
  by: By;
  span: Span;
}

/** What people call a part. */
export function partName(part: Part, by: By): string {
  if (by === "ending") return usage.endings[ENDINGS.find((one) => one === part.id) ?? "served"];
  return part.name || ({ model: usage.noModel, provider: usage.noProvider }[by as string] ?? part.id);
}

/** The table. */
export function Parts({ facts, by, span }: PartsProps) {
  const { columns: heads } = words;
  const saved = column(facts, (sums) => sums.cache_saved_usd);
  const spend = column(facts, (sums) => sums.charge_usd);
  const columns: Column<Part>[] = [
    { key: "name", head: words.bys[by], cell: (part) => <Name of={part} by={by} span={span} /> },
    { key: "requests", head: heads.requests, figures: true, cell: ({ sums }) => count(sums.requests) },
    {
      key: "refused",
      head: heads.refused,
      figures: true,
      from: "sm",
      cell: ({ endings }) => count(endings.refused),
    },
    { key: "failed", head: heads.failed, figures: true, from: "sm", cell: ({ endings }) => count(endings.failed) },
    { key: "input", head: heads.input, figures: true, from: "md", cell: ({ sums }) => count(sums.prompt_tokens) },
    { key: "cached", head: heads.cached, figures: true, from: "lg", cell: ({ sums }) => cached(sums) },
    { key: "output", head: heads.output, figures: true, from: "md", cell: ({ sums }) => count(sums.answer_tokens) },
    { key: "saved", head: heads.saved, figures: true, from: "lg", cell: ({ id }) => saved.of(id) },
    { key: "spend", head: heads.spend, figures: true, cell: ({ id }) => spend.of(id) },
  ];
  const cut = facts.parts_in_all > facts.parts.length;
  return (
    <Section
      title={words.table(words.bys[by])}
      about={cut ? words.more(count(facts.parts.length), count(facts.parts_in_all)) : undefined}
    >
      <DataTable
        label={words.table(words.bys[by])}
        plain
        columns={columns}
        rows={facts.parts}
        rowKey={(part) => part.id}
        totals={totals(facts, saved.all, spend.all)}
      />
    </Section>
  );
}

/** An amount of each part and of all, with digits that stand below each other. */
function column({ parts, total }: Facts, amount: (sums: Sums) => string) {
  const told = usdColumn([...parts.map((part) => amount(part.sums)), amount(total)]);
  const known = new Map(parts.map((part, n) => [part.id, told[n]]));
  return { of: (id: string) => known.get(id), all: told.at(-1) };
}

function totals({ total, endings }: Facts, saved: ReactNode, spend: ReactNode): Record<string, ReactNode> {
  return {
    name: words.all,
    requests: count(total.requests),
    refused: count(endings.refused),
    failed: count(endings.failed),
    input: count(total.prompt_tokens),
    cached: cached(total),
    output: count(total.answer_tokens),
    saved,
    spend,
  };
}

function cached(sums: Sums): string {
  return count(sums.tokens.cached_input ?? 0);
}

/** The name, as the way to the requests behind the line. Those without a known model have no name to ask for. */
function Name({ of: part, by, span }: { of: Part } & Pick<PartsProps, "by" | "span">) {
  const name = partName(part, by);
  if (part.id === "") {
    return (
      <Text inherit c="dimmed">
        {name}
      </Text>
    );
  }
  const narrowed: RequestsSearch = {
    [by]: part.id,
    since: "custom",
    from: span.from,
    until: span.until,
  };
  return (
    <ToRequests search={narrowed} aria-label={words.seeRequests(name)}>
      {name}
    </ToRequests>
  );
}
