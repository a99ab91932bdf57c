// Words of the page about keys that a workspace brings to providers.

/** Provider keys. */
export const providerKeys = {
  title: "Provider keys",
  about:
    "Use your own account with a provider: calls to its models go with your key, and cost nothing here or a flat fee.",
  only: "This workspace uses its own provider keys alone: without one, no model answers.",
  add: "Add a key",
  none: "Bring your own provider account",
  noneDetail: "Add a key of yours. Calls to that provider's models try it first, before the house's own.",
  noneLook: "No key yet",
  noneLookDetail: "Owners and admins can add keys of the workspace's own provider accounts.",
  closed: "No provider takes keys of workspaces here",
  closedDetail: "Who runs this gateway decides which do.",
  columns: { label: "Name", provider: "Provider", key: "Key", state: "State", by: "Added by", at: "Added" },
  states: { unused: "Not used yet", works: "Works", refused: "Refused", resting: "Resting" },
  stateAt: (when: string) => `as of ${when}`,
  restingWhy: "The operator took the permission or the address away.",
  form: {
    title: "Add a provider key",
    provider: "Provider",
    label: "Name",
    labelHint: "So that people know which it is",
    key: "Key",
    keyHint: "Sealed at once and never shown again. It is sent to the address below and nowhere else.",
    address: "Address",
    fee: (fee: string) => `Each answered call with it costs ${fee}.`,
    free: "Calls with it cost nothing here.",
    models: (names: string) => `Serves ${names}`,
    tried: "Whether the provider takes it shows with the first call.",
    action: "Add the key",
    added: (label: string) => `${label} is in use.`,
  },
  menu: { rename: "Rename", remove: "Remove" },
  rename: { title: (label: string) => `Rename ${label}`, action: "Rename" },
  remove: {
    title: (label: string) => `Remove ${label}?`,
    consequence:
      "No call begins with it from now on; calls go to the house's routes at its price, or nowhere if the workspace may use its own keys alone. Its secret is deleted.",
    action: "Remove the key",
    done: (label: string) => `${label} is removed.`,
  },
} as const;
