// Words of what operators search by.

/** Kinds of what is found. */
export const search = {
  kinds: {
    request: "Request",
    key: "Key",
    user: "User",
    workspace: "Workspace",
    model: "Model",
    provider: "Provider",
  },
} as const;
