// What the workspace may ask for now, and what is left of it.
import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import "@mantine/core/styles/Progress.css";
import { useQuery } from "@tanstack/react-query";
import { count } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { type Limits, limitsQuery } from "../../../../lib/models";
import { overview as words } from "../../../../messages/usage";
import { Missing } from "../../../../parts/Missing";
import { Section } from "../../../../parts/Page";

const NAMES = ["requests_per_minute", "concurrent_requests", "requests_per_day"] as const;

/** Each limit with a bar of what is left. */
export function LimitsLeft() {
  const { name } = useHere();
  const { data: limits, error } = useQuery(limitsQuery(name));
  return (
    <Section
      title={words.limits}
      about={words.limitsAbout}
      actions={limits?.tier ? <Badge color="gray">{words.tier(limits.tier)}</Badge> : null}
    >
      <Stack gap="sm">
        {limits ? (
          NAMES.map((limit) => <Bar key={limit} name={words.limit[limit]} left={limits[limit]} />)
        ) : (
          <Missing error={error} />
        )}
      </Stack>
    </Section>
  );
}

function Bar({ name, left }: { name: string; left: Limits["requests_per_minute"] }) {
  const part = left && left.limit > 0 ? (left.remaining / left.limit) * 100 : 0;
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <Text size="sm">{name}</Text>
        <Text size="sm" c="dimmed" className="figures">
          {left ? words.limitLeft(count(left.remaining), count(left.limit)) : words.limitNone}
        </Text>
      </Group>
      {left ? <Progress value={part} size="sm" color={part < 10 ? "orange" : "toll"} aria-label={name} /> : null}
    </Stack>
  );
}
