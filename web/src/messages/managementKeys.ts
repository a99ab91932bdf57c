// Words of the page about keys for programs that manage a workspace.

/** Management keys. */
export const managementKeys = {
  title: "Management keys",
  about: "Programs manage this workspace with these: members, keys, settings. They call no model.",
  create: "Create management key",
  none: "Let a program manage this workspace",
  noneDetail:
    "A management key is a member of one role, for at most a year. It opens the management API and nothing else.",
  columns: { name: "Name", role: "Role", by: "Made by", made: "Made", ends: "Ends", state: "State" },
  states: { active: "Active", expired: "Expired", revoked: "Revoked" },
  form: {
    title: "Create a management key",
    name: "Name",
    nameHint: "The program that will use it",
    role: "Role",
    ends: (zone: string) => `Ends (${zone})`,
    endsHint: "Within 366 days",
    wrongEnd: "Expected a time to come",
    action: "Create the key",
  },
  secret: { title: "Keep this management key now", the: "key", try: "Try it" },
  revoke: {
    menu: "Revoke",
    title: (name: string) => `Revoke ${name}?`,
    consequence: "The program that uses it is refused from now on, everywhere within a second. This cannot be undone.",
    action: "Revoke the key",
    done: (name: string) => `${name} is revoked.`,
  },
} as const;
