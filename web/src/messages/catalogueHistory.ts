// Words of the catalogue's history and of the whole document.

/** What became of the catalogue. */
export const history = {
  title: "Catalogue",
  about: "Every version of the catalogue: who changed what, and when.",
  edit: "Edit it as a whole",
  none: "Nothing was applied yet",
  noneDetail:
    "Each change of providers, models and tiers will stand here with its difference, in the console, by the API or by the command.",
  columns: { version: "Version", at: "When", actor: "Who", what: "What" },
  details: "Difference",
  detailsOf: (version: number) => `Difference of version ${version}`,
  address: "From",
  many: (names: string, more: number) => (more > 0 ? `${names} and ${more} more` : names),
} as const;

/** The whole document. */
export const editor = {
  title: "The whole catalogue",
  about: (version: number) =>
    `Version ${version}, as JSON, every field of docs/CATALOGUE.md. Credentials are not in it: those that are stored stay, unless a provider has credentials written into it.`,
  back: "History",
  field: "Catalogue",
  wrong: (words: string) => `This is no JSON: ${words}`,
  wrongTable: "Expected an object with tier, provider and model",
  unknown: (names: string) => `Expected tier, provider and model alone, not ${names}`,
} as const;
