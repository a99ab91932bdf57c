// Words of the pages about the whole gateway, for operators.

/** The first of these pages. */
export const overview = {
  title: "Overview",
  about: "Everybody's requests, what they were charged, and how the gateway does.",
  today: "Charged today",
  month: "Charged this month",
  day: "Requests in 24 hours",
  retried: "Retried in 24 hours",
  retriedAbout: "Took more than one attempt before they ended",
  holds: "Money on hold",
  state: "System",
  stateAbout: "What needs a look, of everything that is looked at.",
  stateFine: (many: string) => `All ${many} lines are as they should be.`,
  stateAll: "All lines",
  models: "Models",
  modelsAbout: "How calls of the last 24 hours ended, the dearest models first.",
  providers: "Providers",
  providersAbout: "By who served or failed at last, in the last 24 hours, with the time to the first byte.",
  workspaces: "Workspaces",
  workspacesAbout: "How calls of the last 24 hours ended, the dearest workspaces first.",
  pace: (half: string, most: string) => `first byte: half within ${half}, 99 in 100 within ${most}`,
  failed: "Failed in the last 24 hours",
  failedAll: "All that failed",
  recent: "Recent requests",
  all: "All requests",
} as const;

/** Requests of everybody. */
export const requests = {
  title: "Requests",
  about: "Every call with a key of any workspace, as it ends, with who served it. Prompts and answers are not kept.",
  none: "Nothing has been called yet",
  noneDetail: "Every call with a key of any workspace will stand here as it ends.",
} as const;

/** Sums of everybody. */
export const sums = {
  title: "Usage",
  about: "What the requests of everybody came to. Sums come from the gateway, all of one instant.",
} as const;

/** How the gateway is. */
export const system = {
  title: "System",
  about: (version: string) => `Tollgate ${version}. What the command "tollgate doctor" tells of a running gateway.`,
  since: "This process runs since",
  again: "Look again",
  states: { ok: "As it should be", warn: "Look at it", fail: "Broken" },
  columns: { name: "What", state: "State", detail: "What was seen", advice: "What to do" },
} as const;
