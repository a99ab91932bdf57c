// The columns of the list of models. In: models. Out: cells. Never here: which models there are.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { count } from "../../../../lib/figures";
import type { Model } from "../../../../lib/models";
import { otherRates, rate, rateOf } from "../../../../lib/prices";
import { models as words } from "../../../../messages/models";
import { usage } from "../../../../messages/usage";
import { Copy } from "../../../../parts/Copy";
import type { Column } from "../../../../parts/DataTable";
import { LinkButton } from "../../../../parts/links";

const heads = words.columns;

/** The columns. */
export const columns: readonly Column<Model>[] = [
  { key: "model", head: heads.model, cell: (model) => <Name of={model} /> },
  { key: "input", head: heads.input, figures: true, cell: (model) => <Rate of={model} name="input" /> },
  {
    key: "cached",
    head: heads.cached,
    figures: true,
    from: "lg",
    cell: (model) => <Rate of={model} name="cached_input" />,
  },
  { key: "output", head: heads.output, figures: true, cell: (model) => <Rate of={model} name="output" /> },
  { key: "context", head: heads.context, figures: true, from: "md", cell: (model) => count(model.context_length) },
  {
    key: "most",
    head: heads.most,
    figures: true,
    from: "lg",
    cell: ({ max_output_tokens }) => (max_output_tokens > 0 ? count(max_output_tokens) : "–"),
  },
  {
    key: "try",
    head: heads.try,
    quiet: true,
    from: "sm",
    cell: ({ id, serves, may_call }) =>
      serves === "chat" && may_call ? (
        <LinkButton
          to="/playground"
          search={{ model: id }}
          variant="subtle"
          size="compact-sm"
          aria-label={words.try(id)}
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
        >
          {heads.try}
        </LinkButton>
      ) : null,
  },
];

function Name({ of: model }: { of: Model }) {
  const beside = [model.name === model.id ? null : model.name, model.owned_by].filter(Boolean);
  const endpoints = model.endpoints.map((name) => words.endpoints[name] ?? name);
  const thinks = words.reasoning[model.reasoning];
  const limit = model.tiers?.join(", ") ?? "";
  return (
    <Stack gap={2} miw={130} maw={420}>
      <Group gap={2} wrap="nowrap">
        <Text inherit fw={600} className="unbroken" component="span" {...(model.may_call ? {} : { c: "dimmed" })}>
          {model.id}
        </Text>
        <Copy value={model.id} what={words.what} />
      </Group>
      <Small>{beside.join(" · ")}</Small>
      <Small>{endpoints.join(", ")}</Small>
      <Extra of={model} />
      <Group gap={4}>
        {model.label ? <Badge>{model.label}</Badge> : null}
        {model.may_call ? null : (
          <Badge color="orange" title={limit ? words.mayNotIs(limit) : undefined}>
            {words.mayNot}
          </Badge>
        )}
        {model.own_key ? (
          <Badge color="teal" title={words.ownKeyIs}>
            {words.ownKey}
          </Badge>
        ) : null}
        {thinks ? <Badge color="gray">{thinks}</Badge> : null}
        {model.capabilities.map((capability) => (
          <Badge key={capability} color="gray">
            {capability}
          </Badge>
        ))}
      </Group>
    </Stack>
  );
}

/** What is charged besides the three classes that have columns. */
function Extra({ of: { price } }: { of: Model }) {
  const told = [
    ...(price.request_usd ? [words.perRequest(rate(price.request_usd))] : []),
    ...otherRates(price).map((one) => words.rate(usage.classes[one.name] ?? one.name, one.rate)),
    ...Object.entries(price.images_usd).map(([kind, usd]) => words.perImage(kind.replaceAll(".", " "), rate(usd))),
  ];
  return told.length > 0 ? <Small>{told.join(" · ")}</Small> : null;
}

function Rate({ of: { price }, name }: { of: Model; name: string }) {
  if (price.free) return words.free;
  const told = rateOf(price, name);
  if (told !== null) return told;
  return name === "cached_input" && price.rates_usd.input ? (
    <Text inherit c="dimmed" component="span">
      {words.asInput}
    </Text>
  ) : (
    "–"
  );
}

function Small({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed" className="unbroken figures">
      {children}
    </Text>
  );
}
