// Words of charts.

/** Charts. */
export const charts = {
  asTable: "View as table",
  asChart: "View as chart",
  picture: (title: string) => `${title}, as a chart; the same stands in a table`,
  runs: "not over",
  nothing: "Nothing",
  time: "Time",
  rest: (many: number) => (many === 1 ? "1 other" : `${many} others`),
  all: "All",
} as const;
