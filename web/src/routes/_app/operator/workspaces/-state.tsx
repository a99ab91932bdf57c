// Whether calls of a workspace are let in, in a word and a colour.
import { Badge } from "@mantine/core";
import type { Workspace } from "../../../../lib/workspace";
import { workspaces as words } from "../../../../messages/house";

/** The word. */
export function LetIn({ of: { rules } }: { of: Workspace }) {
  return <Badge color={rules.api_off ? "red" : "teal"}>{rules.api_off ? words.states.off : words.states.on}</Badge>;
}
