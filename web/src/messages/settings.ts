// Words of the page about a workspace's own settings.

/** Settings of a workspace. */
export const settings = {
  title: "Settings",
  about: "The workspace itself.",
  general: "General",
  name: "Name",
  slug: "Short name",
  id: "Id",
  made: "Made",
  limits: "Limits",
  limitsAbout: "What the workspace may ask for, over all its keys. They come with its plan and its credit.",
  tier: "Tier",
  rate: "Requests a minute",
  concurrency: "At once",
  day: "Requests a day",
  unpublished: "Fair use",
  left: (left: string, of: string) => `${left} of ${of} left`,
  resets: (when: string) => `all of them again ${when}`,
  switches: "Switches",
  apiOff: "An operator has switched the API off for this workspace: every call is refused.",
  ownOnly: "Calls use this workspace's own provider keys alone.",
  data: "Your data",
  dataAbout:
    "Every request that is still kept, a line each: when, which key and model, tokens, what it cost. No prompts, no answers.",
  dataOwn: "Every request of your keys that is still kept, a line each: when, which model, tokens, what it cost.",
  csv: "Download all requests as CSV",
  leave: "Leave",
  leaveAbout: "You go; the workspace stays. Its last owner cannot leave.",
} as const;
