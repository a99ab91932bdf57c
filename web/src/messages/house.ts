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
  balances: "Balances of everybody",
  balancesHeld: (figure: string) => `${figure} of it on hold`,
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

/** A list that is searched. */
export const list = {
  find: "Find",
  cut: (shown: string, many: string) => `${shown} of ${many} that fit are shown. Type more to see fewer.`,
  none: "Nothing fits",
  noneDetail: "There is no such entry.",
} as const;

/** All workspaces. */
export const workspaces = {
  title: "Workspaces",
  about: "Everybody who is sold to: their credit, the tier they are in, and whether their calls are let in.",
  findHint: "A name, a short name or an id",
  columns: {
    name: "Name",
    balance: "Balance",
    held: "On hold",
    tier: "Tier or plans",
    state: "State",
    made: "Made",
  },
  byMoney: "By credit",
  states: { on: "Let in", off: "Suspended" },
} as const;

/** One workspace. */
export const workspace = {
  back: "All workspaces",
  open: "Open its pages to change something",
  openAbout: "Operators may in a workspace what its owners may: what you change there is changed.",
  facts: "What it is",
  slug: "Short name",
  id: "Id",
  made: "Made",
  state: "Calls",
  balance: "Balance",
  exactly: (figure: string) => `Exactly ${figure}`,
  held: "On hold",
  heldAbout: "For calls under way",
  month: "Charged this month",
  day: "Requests in 24 hours",
  requests: "Its requests",
  credit: {
    action: "Give credit",
    title: (name: string) => `Give credit to ${name}`,
    amount: "Amount in USD",
    reason: "Reason",
    reasonAbout: "Stands in the books and in the workspace's audit log.",
    kind: "Kind",
    kinds: { paid: "Paid for", promo: "A present" },
    wrong: "An amount such as 25 or 12.50, more than 0",
    done: (amount: string, balance: string) => `${amount} given. The balance is ${balance}.`,
  },
  suspend: {
    action: "Suspend",
    title: (name: string) => `Suspend ${name}?`,
    consequence: (name: string) =>
      `Every call with a key of ${name} is refused from now on, until you let it in again. Its keys, credit and members stay; members can still sign in and see why.`,
    done: (name: string) => `${name} is suspended.`,
  },
  letIn: {
    action: "Let in again",
    title: (name: string) => `Let ${name} in again?`,
    consequence: (name: string) => `Calls with keys of ${name} are answered again, and charged.`,
    done: (name: string) => `${name} is let in again.`,
  },
  rules: "Tier and plans",
  rulesAbout: "How much it may ask for at once. A tier that is set here holds, whatever plans and credit it has.",
  tier: "Tier",
  tierUsual: "As its plans and credit say",
  plans: "Plans",
  plansAbout: (names: string) => `Tiers that are bought: ${names}.`,
  plansNone: "The catalogue has no tiers that are plans.",
  ownOnly: "Only its own provider keys are used",
  member: "What each member may use",
  endUser: "What each end user may use",
  members: "Members",
  membersAbout: (shown: string) => `The newest ${shown}.`,
  memberColumns: { name: "Name", role: "Role", since: "Since" },
  keys: "API keys",
  keyColumns: { name: "Name", spent: "Spent", state: "State", made: "Made" },
  keyRequests: (name: string) => `Requests of ${name}`,
  keysNone: "It has no keys.",
} as const;

/** All users. */
export const users = {
  title: "Users",
  about: "Everybody who can sign in, who runs the gateway, and who is shut out.",
  findHint: "A name, an email or an id",
  columns: { name: "Name", state: "State", verified: "Email proved", made: "Since" },
  you: "you",
  states: { on: "Let in", off: "Shut out" },
  operator: "Operator",
  unverified: "Not yet",
  shutOut: {
    menu: "Shut out",
    title: (name: string) => `Shut ${name} out?`,
    consequence: (name: string) =>
      `${name} is signed out everywhere and cannot sign in, and no API key of theirs works, until you let them in again.`,
    action: "Shut out",
    done: (name: string) => `${name} is shut out.`,
  },
  letIn: {
    menu: "Let in again",
    title: (name: string) => `Let ${name} in again?`,
    consequence: (name: string) => `${name} can sign in again.`,
    action: "Let in",
    done: (name: string) => `${name} is let in again.`,
  },
  promote: {
    menu: "Make an operator",
    title: (name: string) => `Make ${name} an operator?`,
    consequence: (name: string) =>
      `${name} may do everything then: see everybody's requests, give credit, change prices, and make and unmake operators, you among them.`,
    action: "Make an operator",
    done: (name: string) => `${name} is an operator now.`,
  },
  demote: {
    menu: "No operator any more",
    title: (name: string) => `Take the gateway out of ${name}'s hands?`,
    consequence: (name: string) => `${name} sees only the workspaces that they are a member of.`,
    action: "Take it away",
    done: (name: string) => `${name} is no operator any more.`,
  },
  factor: {
    menu: "Take the second factor away",
    title: (name: string) => `Take the second factor of ${name} away?`,
    consequence: (name: string) =>
      `${name} signs in with the password alone, until they set another factor up. Be sure that it is them who lost it.`,
    action: "Take it away",
    done: (name: string) => `${name} signs in with the password alone.`,
  },
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
