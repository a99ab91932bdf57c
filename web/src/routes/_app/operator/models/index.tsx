// What is sold: prices, routes, who may call it, and whether it can be called.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { IconPlus, IconStack2 } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { catalogueQuery, isOn, type ModelDoc } from "../../../../lib/catalogue";
import { found } from "../../../../lib/house";
import { rate } from "../../../../lib/prices";
import { listOf } from "../../../../lib/search";
import { models as words } from "../../../../messages/catalogueModels";
import type { Column } from "../../../../parts/DataTable";
import { LinkAnchor, LinkButton } from "../../../../parts/links";
import { Empty, Page } from "../../../../parts/Page";
import { FoundList } from "../-find";

export const Route = createFileRoute("/_app/operator/models/")({
  codeSplitGroupings: [["loader", "component"]],
  validateSearch: listOf,
  loader: ({ context: { client } }) => client.fetchQuery(catalogueQuery),
  component: Models,
});

function Models() {
  const { q } = Route.useSearch();
  const docs = useSuspenseQuery(catalogueQuery).data;
  const hasProvider = docs.provider.length > 0;
  const add = hasProvider ? (
    <LinkButton to="/operator/models/new" leftSection={<IconPlus size={16} aria-hidden />}>
      {words.add}
    </LinkButton>
  ) : (
    <LinkButton to="/operator/providers/new">{words.addProvider}</LinkButton>
  );
  if (docs.model.length === 0) {
    return (
      <Page title={words.title} about={words.about}>
        <Empty Icon={IconStack2} title={words.none} action={add}>
          {hasProvider ? words.noneDetail : words.noneProvider}
        </Empty>
      </Page>
    );
  }
  const texts = (model: ModelDoc) => [
    model.id,
    model.display_name ?? "",
    ...(model.legacy_names ?? []),
    ...(model.route ?? []).flatMap(({ provider, model: upstream }) => [provider, upstream]),
  ];
  return (
    <FoundList words={words} columns={COLUMNS} found={found(docs.model, q, texts)} q={q} times={false} actions={add} />
  );
}

/** The price in a line, where there is no room for columns. */
function priceOf(model: ModelDoc): string {
  if (typeof model.price !== "object") return model.price === "free" ? words.free : "";
  return words.inOut(rateOf(model, "input"), rateOf(model, "output"));
}

/** A rate as its operator wrote it; what is none of an amount is told as it is. */
function rateOf({ price }: ModelDoc, name: string): string {
  if (price === "free") return words.free;
  const told = typeof price === "object" ? price[name] : undefined;
  if (told === undefined) return "–";
  return /^\d+(\.\d+)?$/.test(told) ? rate(told) : told;
}

function State({ of: model }: { of: ModelDoc }) {
  const { states } = words;
  if (model.enabled === false) return <Badge color="gray">{states.off}</Badge>;
  if (model.price === undefined) return <Badge color="orange">{states.noPrice}</Badge>;
  if (!(model.route ?? []).some(isOn)) return <Badge color="orange">{states.noRoute}</Badge>;
  return <Badge color="teal">{states.on}</Badge>;
}

const COLUMNS: readonly Column<ModelDoc>[] = [
  {
    key: "model",
    head: words.columns.model,
    cell: (model) => (
      <Stack gap={0} miw={120} maw={280} align="flex-start">
        <LinkAnchor to="/operator/models/edit" search={{ id: model.id }} inherit className="unbroken">
          {model.id}
        </LinkAnchor>
        {model.display_name ? (
          <Text size="xs" c="dimmed" className="unbroken">
            {model.display_name}
          </Text>
        ) : null}
        <Text size="xs" c="dimmed" hiddenFrom="sm" className="figures">
          {priceOf(model)}
        </Text>
        <span className="mantine-hidden-from-xs">
          <State of={model} />
        </span>
      </Stack>
    ),
  },
  {
    key: "input",
    head: words.columns.input,
    figures: true,
    from: "sm",
    cell: (model) => rateOf(model, "input"),
  },
  {
    key: "output",
    head: words.columns.output,
    figures: true,
    from: "sm",
    cell: (model) => rateOf(model, "output"),
  },
  {
    key: "routes",
    head: words.columns.routes,
    from: "md",
    cell: ({ route = [] }) => (
      <Stack gap={0}>
        {route.length === 0 ? (
          <Text inherit c="dimmed">
            {words.noRoutes}
          </Text>
        ) : null}
        {route.map((one, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a route is its place
          <Group key={n} gap={6} wrap="nowrap">
            <Text size="sm" className="unbroken" {...(isOn(one) ? {} : { c: "dimmed", td: "line-through" })}>
              {one.provider}
            </Text>
            {isOn(one) ? null : <Badge color="gray">{words.routeOff}</Badge>}
          </Group>
        ))}
      </Stack>
    ),
  },
  {
    key: "tiers",
    head: words.columns.tiers,
    from: "lg",
    cell: ({ tiers }) => <span className="unbroken">{tiers?.join(", ") ?? words.everybody}</span>,
  },
  { key: "state", head: words.columns.state, from: "xs", cell: (model) => <State of={model} /> },
];
