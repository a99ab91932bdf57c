// How the models did that this workspace called in the last 24 hours.
import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type FactsAsk, factsQuery, type Part } from "../../../../lib/facts";
import { count, share } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { spanOf } from "../../../../lib/spans";
import { overview as words } from "../../../../messages/usage";
import { LinkAnchor } from "../../../../parts/links";
import { Section } from "../../../../parts/Page";
import classes from "./overview.module.css";

/** From so many failures in a hundred on a model is failing. */
const FAILING_PERCENT = 10;
const SHOWN_MAX = 6;

/** The question for the last 24 hours: the tiles ask the same. */
export function dayAsk(now: number): FactsAsk {
  const { from, until } = spanOf({ range: "24h" }, now);
  return { from, until, by: "model" };
}

/** A line for each model. */
export function Health() {
  const { name } = useHere();
  const ask = useMemo(() => dayAsk(Date.now()), []);
  const facts = useQuery(factsQuery(name, ask)).data;
  const called = (facts?.parts ?? []).filter((part) => part.id !== "").slice(0, SHOWN_MAX);
  return (
    <Section title={words.health} about={words.healthAbout}>
      {facts && called.length === 0 ? <Text c="dimmed">{words.healthNone}</Text> : null}
      <ul className={classes.lines}>
        {called.map((part) => (
          <Line key={part.id} of={part} />
        ))}
      </ul>
    </Section>
  );
}

function Line({ of: part }: { of: Part }) {
  const { requests } = part.sums;
  const { failed, served } = part.endings;
  const [colour, word] =
    failed === 0
      ? (["teal", words.healthy] as const)
      : failed * 100 < requests * FAILING_PERCENT
        ? (["yellow", words.shaky] as const)
        : (["red", words.failing] as const);
  return (
    <Group component="li" justify="space-between" wrap="nowrap" gap="sm">
      <Stack gap={0} miw={0}>
        <LinkAnchor to="/requests" search={{ model: part.id, since: "24h" }} className="unbroken">
          {part.id}
        </LinkAnchor>
        <Text size="xs" c="dimmed" className="figures">
          {words.served(share(served, requests), count(requests))}
        </Text>
      </Stack>
      <Badge color={colour}>{word}</Badge>
    </Group>
  );
}
