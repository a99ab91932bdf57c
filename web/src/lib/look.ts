// Whether an operator looks at a workspace as its members do, and changes nothing. It stands in the address, so that it holds after a
// reload and for this tab alone. Never here: the refusal of a change; that is the server's.

/** The id of the workspace that the address of this tab says is only looked at. */
export function lookedAt(): string | null {
  return new URLSearchParams(location.search).get("look");
}
