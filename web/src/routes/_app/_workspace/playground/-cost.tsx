// What a call of the playground came to: asked for by its id, as soon as it is settled.
import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count, took } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { usdExact } from "../../../../lib/money";
import { requestQuery } from "../../../../lib/requests";
import { playground } from "../../../../messages/playground";
import { LinkAnchor } from "../../../../parts/links";

const words = playground.cost;
const TRIES = 6;
const WAIT_MS = 400;

/** The figures, and the way to the request. */
export function Cost({ of: request }: { of: string }) {
  const { name } = useHere();
  const asked = useQuery({
    ...requestQuery(name, request),
    // The row is there when the call is settled, a moment after its last word.
    retry: TRIES,
    retryDelay: (tried) => WAIT_MS * 2 ** tried,
    throwOnError: false,
  });
  const row = asked.data;
  return (
    <Group gap="xs" className="figures">
      <Text size="xs" c="dimmed" role="status">
        {row
          ? [
              usdExact(row.charge_usd),
              words.tokens(count(row.prompt_tokens), count(row.answer_tokens)),
              words.took(took(row.latency_ms)),
            ].join(" · ")
          : asked.isError
            ? words.gone
            : words.waiting}
      </Text>
      {row ? (
        <LinkAnchor to="/requests/$request" params={{ request }} size="xs">
          {words.request}
        </LinkAnchor>
      ) : null}
    </Group>
  );
}
