// Words of every change of the catalogue: its difference, and fields that forms have no place for.

/** What will change, before it does. */
export const change = {
  title: "What will change",
  look: "Look at the difference",
  again: "Look again",
  save: "Save",
  saved: (version: number) => `Saved. Version ${version} is in force.`,
  nothing: "Nothing would change.",
  moved: (opened: number, now: number) =>
    `Somebody else changed the catalogue since you opened this page: it was at version ${opened} and is at ${now}. This is the difference to what is in force now.`,
  unserved: (models: string) => `Nobody serves then, and calls of it are refused: ${models}`,
  atOnce: "It is in force at once, for calls that begin then.",
  edits: { add: "New", change: "Changed", remove: "Removed" },
  whats: { tier: "Tier", provider: "Provider", model: "Model", credentials: "Credentials of" },
  columns: { field: "Field", before: "Before", after: "After" },
  absent: "not set",
  stored: (many: string) => `${many} stored`,
  replaced: (many: string) => `${many} stored, replaced`,
  none: "This version changed nothing that is kept here.",
} as const;

/** Fields that forms have no place for. */
export const rest = {
  label: "Further fields",
  hint: "As in docs/CATALOGUE.md, as JSON. What stands in a field above has no place here.",
  wrong: "This is no JSON",
  wrongTable: "Expected an object, such as {}",
  taken: (fields: string) => `These have their own fields above: ${fields}`,
  whole: "Expected a whole number",
} as const;
