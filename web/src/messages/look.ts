// Words of an operator's look at a workspace.

/** The look. */
export const look = {
  action: "Look at it as its members do",
  about: "Its own pages, and nothing can be changed. It stands in its audit log and in yours.",
  label: "A look",
  banner: (name: string) => `You look at ${name} as an operator. Nothing can be changed here.`,
  back: "Back to the operators' page",
} as const;
