// Words of the way to a new provider.

/** The way to a new provider. */
export const wizard = {
  title: "Add a provider",
  about: "Say where it is, try it, choose what you sell of it. Nothing is kept until you save.",
  where: "Where it is",
  preset: "Begin with",
  presetOther: "Another server",
  secret: "Its credential",
  tryFirst: "Try it to choose from its models. You can also save it without, and add models later.",
  models: "What you sell of it",
  modelsAbout: "Each becomes a model with a route to this provider. One that is sold already gets a further route.",
  priceCheck: "Check every price: those filled in are of a day, as the starter catalogue of this version has them.",
  filter: "Filter",
  choose: (model: string) => `Sell ${model}`,
  shown: (shown: string, all: string) => `${shown} of ${all} are shown. Type more to see fewer.`,
  chosen: "Chosen",
  id: "Sold as",
  input: "Input, USD / 1M",
  output: "Output, USD / 1M",
  context: "Context, tokens",
  most: "Longest answer, tokens",
  isRoute: "Sold already: a further route is added, its price stays.",
  unpriced: "Without a price it is refused when it is called.",
} as const;
