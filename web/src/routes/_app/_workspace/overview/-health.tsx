// How the models did that this workspace called in the last 24 hours.

import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import type { By } from "../../../../lib/asked";
import { type FactsAsk, factsQuery, type Part } from "../../../../lib/facts";
import { count, share } from "../../../../lib/figures";
import { usePlace } from "../../../../lib/place";
import { spanOf } from "../../../../lib/spans";
import { overview as words } from "../../../../messages/usage";
import { Missing } from "../../../../parts/Missing";
import { Section } from "../../../../parts/Page";
import { ToRequests } from "../requests/-links";
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
  const ask = useMemo(() => dayAsk(Date.now()), []);
  return <HealthOf title={words.health} about={words.healthAbout} ask={ask} />;
}

interface HealthOfProps {
  title: string;
  about: string;
  ask: FactsAsk;
  /** What stands below the share that was served. */
  more?: (part: Part) => ReactNode;
}

/** A line for each part of sums. */
export function HealthOf({ title, about, ask, more }: HealthOfProps) {
  const { name } = usePlace();
  const { by = "model" } = ask;
  const { data: facts, error } = useQuery(factsQuery(name, ask));
  const called = (facts?.parts ?? []).filter((part) => part.id !== "").slice(0, SHOWN_MAX);
  return (
    <Section title={title} about={about}>
      {facts ? null : <Missing error={error} />}
      {facts && called.length === 0 ? <Text c="dimmed">{words.healthNone}</Text> : null}
      <ul className={classes.lines}>
        {called.map((part) => (
          <Line key={part.id} of={part} by={by} more={more?.(part)} />
        ))}
      </ul>
    </Section>
  );
}

function Line({ of: part, by, more }: { of: Part; by: By; more: ReactNode }) {
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
        <ToRequests search={{ [by]: part.id, since: "24h" }}>{part.name || part.id}</ToRequests>
        <Text size="xs" c="dimmed" className="figures">
          {words.served(share(served, requests), count(requests))}
        </Text>
        {more}
      </Stack>
      <Badge color={colour}>{word}</Badge>
    </Group>
  );
}
