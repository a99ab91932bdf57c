// Words about workspaces themselves.

/** Workspaces. */
export const workspaces = {
  newTitle: "New workspace",
  newAbout: "A workspace has its own credit, keys and members. You are its owner.",
  firstTitle: "Make a workspace",
  firstAbout: "You are in no workspace yet. Keys, members and credit belong to one.",
  section: "The workspace",
  name: "Name",
  nameHint: "Your team or project",
  slug: "Short name",
  slugHint: "In addresses; made of the name if you leave it empty",
  create: "Create workspace",
  created: (name: string) => `${name} is there.`,
  open: "Open another workspace",
  openHint: "Its short name or id; operators may look into every one",
  openAction: "Open",
} as const;
