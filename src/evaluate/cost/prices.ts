import type { CallTokens } from "./call-tokens.ts";

/** What a model costs, in USD per million tokens. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  /** Of prompt tokens that the provider has in its own cache; as the others when left out. */
  readonly cachedInput?: number | undefined;
}

/** Prices by the models' names; a model that is not in it has no known price. */
export type PriceList = Readonly<Record<string, TokenPrices>>;

/** What a model costs that runs here, or answers from a log. */
export const free: TokenPrices = { input: 0, output: 0 };

/** What tokens cost, in USD. */
export function costOf(
  { promptTokens, cachedTokens, answerTokens }: CallTokens,
  { input, output, cachedInput = input }: TokenPrices,
): number {
  const fresh = promptTokens - cachedTokens;
  return (fresh * input + cachedTokens * cachedInput + answerTokens * output) / 1e6;
}
