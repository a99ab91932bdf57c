// What was typed, and what it means: a label whose words it begins, or an id that was pasted.

/** The text of an id (docs/adr/0004-ids.md). */
const ID = /^(req|key)_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** What an id is of; null where the text is none. */
export function idOf(typed: string): { kind: "request" | "key"; id: string } | null {
  const id = typed.trim();
  const prefix = ID.exec(id)?.[1];
  return prefix === undefined ? null : { kind: prefix === "req" ? "request" : "key", id };
}

/** Every word that was typed begins a word of the label, in any order: `team acme` and `ac te` both mean "Acme team". */
export function fits(label: string, typed: string): boolean {
  const words = split(label);
  return split(typed).every((begin) => words.some((word) => word.startsWith(begin)));
}

function split(text: string): string[] {
  return text
    .toLocaleLowerCase()
    .split(/[\s·…/_-]+/)
    .filter((word) => word !== "");
}
