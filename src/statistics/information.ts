import { DataError } from "../errors.ts";
import { checkNumbers } from "./_checks.ts";
import { sum } from "./sum.ts";

/** How well a sequence of tokens was foreseen. */
export interface Perplexity {
  /** Sum of -ln p. */
  readonly totalNats: number;
  /** Per token. */
  readonly meanNats: number;
  readonly bitsPerToken: number;
  /** exp(meanNats). */
  readonly perplexity: number;
}

/**
 * Perplexity of a sequence from the natural logarithms of its tokens' probabilities.
 *
 * @throws {DataError} for no token, a number that is not finite, or one above 0
 */
export function perplexity(logProbabilities: readonly number[]): Perplexity {
  checkNumbers("perplexity", logProbabilities);
  const wrong = logProbabilities.find((one) => one > 0);
  if (wrong !== undefined) {
    throw new DataError(`perplexity: expected logarithms of 0 or less, got ${wrong}`);
  }
  const totalNats = 0 - sum(logProbabilities);
  const meanNats = totalNats / logProbabilities.length;
  return {
    ...{ totalNats, meanNats },
    bitsPerToken: meanNats / Math.LN2,
    perplexity: Math.exp(meanNats),
  };
}

/** A loss per unit of text; independent of the tokenizer. */
export interface UnitLoss {
  readonly bits: number;
  /** 2^bits. */
  readonly perplexity: number;
}

/**
 * Bits per byte, or per any other unit of a text.
 *
 * @param totalNats - sum of -ln p over the tokens of the text
 * @param units - the number of bytes of the text in UTF-8; or of its characters
 * @throws {DataError} when `units` is not above 0 or `totalNats` not finite
 * @see Gao et al. 2020, "The Pile", arXiv 2101.00027, section 3.1
 */
export function bitsPerUnit(totalNats: number, units: number): UnitLoss {
  checkNumbers("bitsPerUnit", [totalNats]);
  if (!(units > 0 && Number.isFinite(units))) {
    throw new DataError(`bitsPerUnit: expected a number of units above 0, got ${units}`);
  }
  const nats = totalNats / units;
  return { bits: nats / Math.LN2, perplexity: Math.exp(nats) };
}

/** Lengths of a text; a half of a surrogate pair counts as the replacement character. */
export interface TextSize {
  /** Of its UTF-8. */
  readonly bytes: number;
  /** Unicode code points. */
  readonly characters: number;
}

/** The lengths that losses are divided by. */
export function textSize(text: string): TextSize {
  return { bytes: new TextEncoder().encode(text).length, characters: [...text].length };
}
