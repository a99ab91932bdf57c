// Words of the page of tiers.

/** Tiers. */
export const tiers = {
  title: "Tiers",
  about: "How much an account may ask for. Who is in which follows from credit and plans, or is set for a workspace.",
  usual:
    "The catalogue names no tier, so these hold. Who names one names all that there are: a change begins with this whole table.",
  add: "Add a tier",
  addTitle: "A new tier",
  edit: (name: string) => `Edit ${name}`,
  editAction: "Edit",
  remove: "Remove",
  columns: {
    name: "Name",
    when: "For accounts",
    minute: "A minute",
    concurrent: "At once",
    day: "A day",
    tokens: "Tokens a minute",
  },
  whens: { free: "without credit and plan", balance: "with credit", plan: "with the plan of its name" },
  unlimited: "–",
  fairUse: (ms: string, many: string) => `fair use: waits up to ${ms} ms, ${many} at most`,
  form: {
    name: "Name",
    nameHint: "What callers read, and what a plan names.",
    taken: "There is a tier of this name already.",
    when: "Who is in it",
    minute: "Requests in any 60 seconds",
    concurrent: "Requests at once",
    day: "Requests in a UTC day",
    tokens: "Tokens a minute",
    tokensHint: "Empty is no such limit.",
    fair: "Fair use: numbers are not published, and what is too much at once waits",
    queueMs: "Waits at most, in milliseconds",
    queued: "So many wait at most",
  },
} as const;
