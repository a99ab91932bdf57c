// How a request ended, in a word and a colour.

import { Badge } from "@mantine/core";
import type { Ending } from "../lib/asked";
import { usage } from "../messages/usage";

const COLOURS: Record<Ending, string> = { served: "teal", cut: "yellow", refused: "orange", failed: "red" };

/** The word. */
export function EndingBadge({ of }: { of: Ending }) {
  return (
    <Badge color={COLOURS[of]} title={usage.endingsAre[of]}>
      {usage.endings[of]}
    </Badge>
  );
}
