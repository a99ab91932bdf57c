// What the console says of failures by itself; the words of most come from the server.

/** Failures. */
export const faults = {
  noAnswer: "The gateway does not answer. Nothing is lost: try again when the connection is back.",
  noWords: (status: number) => `The gateway answered with status ${status} and no word why.`,
  title: "That did not work",
  someFields: "Something in this form is not right; nothing was changed.",
  broken: "This page broke",
  brokenDetail: "Reload it. If it breaks again, tell who runs the gateway.",
  requestId: "Request id",
  retry: "Try again",
  reload: "Reload",
  wait: (seconds: number) => `Try again in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`,
  away: "No connection to the gateway. Trying again…",
  back: "The connection is back.",
  ended: "Your session has ended. Sign in to go on where you were.",
  notDone: {
    idempotency_not_ended:
      "The first try may still be under way, or it broke before its end. Look whether it was done before you try again.",
  },
  notThere: "This is not there",
  notFound: "There is no such page",
  notFoundDetail: "The address may be mistyped, or what it led to is gone.",
  home: "Go to the start",
} as const;
