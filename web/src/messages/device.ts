// Words of the page where people decide about a device.

/** Devices. */
export const device = {
  title: "Sign in a device",
  type: "Type the code that the device shows.",
  code: "Code",
  look: "Go on",
  compare: "Does the device show this code?",
  compareWhy:
    "Approve only what you started yourself. Whoever sends you a code by mail or chat wants to use your credit.",
  client: "Calls itself",
  clientUnchecked: "Nobody has checked this name.",
  address: "Asks from",
  scopes: "Wants a key for",
  everything: "Everything",
  asked: "Asked",
  ends: "Wait ends",
  you: "You are",
  workspace: "Workspace that pays",
  approve: "Approve",
  deny: "Deny",
  nowhere: "You are in no workspace where you may make keys, so you can only deny it.",
  approved: "Approved",
  approvedDetail: "You can go back to the device. It has a key of its own, which you find among the API keys.",
  denied: "Denied",
  deniedDetail: "The device gets nothing.",
  another: "Another code",
  keys: "API keys",
} as const;
