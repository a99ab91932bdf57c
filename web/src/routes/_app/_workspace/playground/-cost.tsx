// What a call of the playground came to: asked for by its id, as soon as it is settled.
import { Group, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { count, took } from "../../../../lib/figures";
import { useHere } from "../../../../lib/here";
import { usdExact } from "../../../../lib/money";
import { requestsQuery } from "../../../../lib/requests";
import { playground } from "../../../../messages/playground";
import { LinkAnchor } from "../../../../parts/links";

const words = playground.cost;
const TRIES = 8;
const WAIT_MS = 300;
/** So many of the newest requests are looked through. */
const NEWEST = 50;

/** The row of a request. It is there when the call is settled, a moment after its last word; until then the list does without. */
function useRow(request: string) {
  const { name } = useHere();
  const client = useQueryClient();
  return useQuery({
    queryKey: ["requests", name, "cost", request],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const list = await client.fetchQuery({ ...requestsQuery(name, {}, undefined, NEWEST), staleTime: 0 });
      const row = list.data.find((one) => one.request_id === request);
      if (!row) throw new Error("not settled yet");
      return row;
    },
    retry: TRIES,
    retryDelay: (tried) => WAIT_MS * 2 ** Math.min(tried, 4),
  });
}

/** The figures, and the way to the request. */
export function Cost({ of: request }: { of: string }) {
  const asked = useRow(request);
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
