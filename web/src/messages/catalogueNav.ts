// Words of the way to the catalogue's pages; they load with the operators' navigation.

/** The names of the pages. */
export const catalogueNav = {
  group: "What is sold",
  providers: "Providers",
  tiers: "Tiers",
  history: "Catalogue",
} as const;
