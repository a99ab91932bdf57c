// Words of the pages about the platform itself: its switch, operators' tokens, the key of secrets, addresses that are shut out.

/** The platform. */
export const platform = {
  title: "Platform",
  about: "What holds for everybody on this gateway, who may run it by a program, and what its secrets are sealed with.",
  api: {
    title: "The API",
    on: "Calls are answered",
    off: "Switched off for everybody",
    setting: "api_off",
    facts: {
      name: "Setting",
      means: "What it does",
      usual: "Unless it is set",
      holds: "When it holds",
    },
    means:
      "While it is on, every call with an API key of any workspace is refused (403 api_disabled). Answers under way end by themselves. " +
      "This console, sign-in and the management API go on.",
    usual: "Off: calls are answered",
    holds: "At once here, on other nodes within a second. Nothing is started anew.",
    switchOff: {
      action: "Switch the API off",
      title: "Switch the API off for everybody?",
      consequence:
        "Every call of every customer is refused from now on, until you switch the API on again. Answers under way end by themselves; nobody is charged for what is refused.",
      done: "The API is switched off.",
    },
    switchOn: {
      action: "Switch the API on",
      title: "Switch the API on again?",
      consequence: "Calls are answered again, and charged.",
      done: "The API is switched on.",
    },
    rest: "Everything else is set for the process, by its file, environment or flags, and takes a restart: docs/SETTINGS.md tells each, “tollgate config print” what is set. Prices, models and tiers are in the catalogue and hold at once.",
  },
  tokens: {
    title: "Operator tokens",
    about: "For commands and programs that run the gateway: each may what an operator may. People sign in instead.",
    create: "Create a token",
    columns: { name: "Name", state: "State", made: "Made" },
    states: { active: "Works", revoked: "Revoked" },
    form: {
      title: "Create an operator token",
      name: "Name",
      nameHint: "What it is for; the log calls what it does by this name.",
      action: "Create token",
    },
    secret: {
      title: "Your operator token",
      about: "This is the only time that it is shown: keep it now. Whoever has it may do everything on this gateway.",
      the: "token",
      kept: "I have kept the token",
      try: "Whose is it?",
    },
    revoke: {
      menu: "Revoke",
      title: (name: string) => `Revoke ${name}?`,
      consequence: (name: string) =>
        `Whatever uses ${name} is refused at once, here and on every other node, and for good: commands on this machine too, where it is the token of the data folder.`,
      action: "Revoke",
      done: (name: string) => `${name} is revoked.`,
    },
  },
  secrets: {
    title: "The key of secrets",
    about:
      "Providers' credentials, keys that workspaces bring, seeds of second factors and kept answers are kept sealed.",
    action: "Seal with a new key",
    ask: "Seal all secrets with a new key?",
    consequence:
      "A new key is made and every kept secret is sealed anew with it, while the gateway goes on; nobody notices. API keys, passwords and " +
      "sessions stay as they are. Copies of the database from before open with the old key as long as they are kept. If a key may have " +
      "become known, change the master key first, by “tollgate secrets rotate --new-master-key-file”.",
    done: (key: string) => `Sealed with key ${key}.`,
    made: (key: string, many: string) => `Key ${key} is in force, and ${many} were sealed with it.`,
    secrets: (many: number, told: string) => (many === 1 ? "1 secret" : `${told} secrets`),
    going: (many: string) => `${many} so far; it goes on.`,
    unreadable: (many: number, told: string) =>
      `${many === 1 ? "1 secret opens" : `${told} secrets open`} with no key and ${many === 1 ? "stays" : "stay"} as ${many === 1 ? "it is" : "they are"}: set anew what belongs to ${many === 1 ? "it" : "them"}.`,
  },
} as const;

/** Addresses that are shut out. */
export const blocks = {
  title: "Address blocks",
  about: (failures: string) =>
    `An address that brings ${failures} wrong keys, passwords or codes in a row is shut out for five minutes, whatever comes meanwhile.`,
  known: {
    shared: "All nodes count together, in Redis: this is what they know.",
    localOne: "There is one node, and this is what it knows. It knows nothing from before its start.",
    local: (nodes: string) =>
      `There are ${nodes} nodes without Redis: each knows its own, and this is what the node that answered knows. Ask again to hear another.`,
    degraded: "Redis is away: this is what the node that answered knows.",
  },
  none: "No address is shut out",
  noneDetail: "Who fails too often to prove who they are will stand here.",
  more: (many: string) => `${many} more are shut out.`,
  again: "Look again",
  columns: { network: "Address", why: "Why", since: "Since", until: "Until" },
  untilIs: "Until",
  why: (failures: string) => `${failures} failures in a row`,
  lift: {
    action: "Let in",
    actionOf: (network: string) => `Let ${network} in again`,
    title: (network: string) => `Let ${network} in again?`,
    consequence: (network: string) =>
      `Calls and sign-ins from ${network} are heard at once, and its failures are forgotten; the same number of failures shuts it out again. It stands in the audit log.`,
    done: (network: string) => `${network} is let in again.`,
  },
} as const;
