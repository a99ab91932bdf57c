// Words of the pages about people in a workspace.

/** The team. */
export const team = {
  title: "Team",
  about: "Who is in this workspace, and what they may do.",
  members: "Members",
  invite: "Invite",
  columns: {
    name: "Name",
    role: "Role",
    since: "Since",
    email: "Email",
    by: "Invited by",
    until: "Until",
    state: "State",
  },
  you: "you",
  menu: { role: "Change the role", remove: "Remove", leave: "Leave the workspace", withdraw: "Withdraw" },
  role: {
    title: (name: string) => `Role of ${name}`,
    label: "Role",
    action: "Change the role",
    done: (name: string, role: string) => `${name} is ${role} now.`,
  },
  remove: {
    title: (name: string) => `Remove ${name}?`,
    consequence: (name: string) =>
      `${name} is out with the next request. All their API keys in this workspace are revoked; coming back revives none.`,
    action: "Remove the member",
    done: (name: string) => `${name} is out.`,
  },
  leave: {
    title: (workspace: string) => `Leave ${workspace}?`,
    consequence:
      "You lose access at once, and all your API keys in it are revoked. Somebody must invite you to come back.",
    action: "Leave the workspace",
    done: (workspace: string) => `You have left ${workspace}.`,
  },
  invitations: {
    title: "Invitations",
    about: "Each works for seven days, for that address alone.",
    none: "Nobody is invited at present.",
    states: { open: "Open", accepted: "Accepted", withdrawn: "Withdrawn", ended: "Ended" },
    form: "Invite somebody",
    email: "Email",
    role: "Role",
    send: "Send the invitation",
    sent: (email: string) => `An invitation to ${email} is on its way.`,
    withdrawTitle: (email: string) => `Withdraw the invitation to ${email}?`,
    withdrawConsequence: "The link in the letter is of no use from then on.",
    withdrawAction: "Withdraw it",
    withdrawn: (email: string) => `The invitation to ${email} is withdrawn.`,
  },
  quota: {
    member: "Quota of each member",
    memberAbout: "The most that any one member may spend and ask for, over all their keys; days and months are UTC.",
    endUser: "Quota of each end user",
    endUserAbout:
      "The most for each person whom your application names in its calls (user, safety_identifier, metadata.user_id), over all keys.",
    day: "USD a day",
    month: "USD a month",
    requests: "Requests a day",
    none: "No limit",
    wrongAmount: "Expected an amount in USD, such as 5 or 12.50",
    wrongNumber: "Expected a whole number",
  },
} as const;
