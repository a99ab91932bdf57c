// Words of an entry of the catalogue that somebody removed while it was looked at.

/** An entry that is no longer there. */
export const gone = {
  title: "Somebody has removed it",
  about:
    "It was taken out of the catalogue while this page was open. What was typed here is not saved, and calls no longer find it.",
  history: "Who changed what",
} as const;
