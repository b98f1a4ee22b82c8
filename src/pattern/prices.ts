/** What the tokens of a model cost, each per million, in a currency that is the user's own affair. */
export type TokenPrice = {
  readonly input: number;
  readonly output: number;
  /** For tokens of the prompt that the server had read before; they cost as the others do without it. */
  readonly cachedInput?: number;
  /** For prompts of so many tokens at most: what a longer one costs is not known. */
  readonly mostInputTokens?: number;
};

/** What an hour costs in which a server answers calls. */
export type TimePrice = { readonly pricePerHour: number };

/** JSON, because it is sent to workers and kept in logs. */
export type ModelPrice = TokenPrice | TimePrice;

/** By the label, the spec or the name of a model. */
export type Prices = Readonly<Record<string, ModelPrice>>;
