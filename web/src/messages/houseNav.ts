// What pages about the whole gateway are called in its navigation, besides those that workspaces have too.

/** The names. */
export const houseNav = {
  ledger: "Ledger",
  blocks: "Address blocks",
  platform: "Platform",
} as const;
