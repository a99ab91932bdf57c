// How the last call to a provider ended, in a word and a colour.
import { Badge } from "@mantine/core";
import { providers as words } from "../../../../messages/catalogueProviders";

/** How the last call to a provider ended. */
export function UpBadge({ of }: { of: boolean | null | undefined }) {
  const [colour, word] =
    of === true
      ? (["teal", words.states.up] as const)
      : of === false
        ? (["red", words.states.down] as const)
        : (["gray", words.states.none] as const);
  return (
    <Badge color={colour} title={words.stateIs}>
      {word}
    </Badge>
  );
}
