import { ModelError } from "../errors.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import type { ImageEncoder } from "./image-encoder.ts";
import { type PlacedImage, placeImages } from "./placed-image.ts";
import type { ScoreGraphs, TokenScores } from "./score-graphs.ts";

/** How likely a model finds a text. */
export interface TextScore {
  readonly tokens: readonly number[];
  /**
   * Natural logarithm of each token's probability after those before it, from the second on. The
   * tokens of images are given and not predicted, as in training: theirs is 0.
   */
  readonly logProbs: readonly number[];
  /** Negative mean of the `logProbs` of tokens that are predicted. */
  readonly lossNats: number;
  /**
   * The sum of the losses in bits over the bytes of the scored tokens; special tokens have none, as
   * in the losses of training. Null when there is no byte.
   */
  readonly bitsPerByte: number | null;
}

/** What scores. */
export interface Scorer {
  readonly graphs: ScoreGraphs;
  readonly tokenizer: Tokenizer;
  /** What the model was trained for. */
  readonly maxSeqLen: number;
  /** Reads the images of texts; without one they are refused. */
  readonly imageEncoder?: ImageEncoder | undefined;
}

/** Logits of a window are computed at once: longer ones cost memory without telling much more. */
const longestWindow = 2048;

/**
 * Log-probabilities of all tokens but the first, by the decoder without a cache.
 *
 * A text longer than the model's context is read in windows of that length, each half a window
 * further: a token is scored once, after at least half a context of those before it.
 *
 * @param images - in the order in which they appear; their tokens in the layout of `imageTokens`
 * @throws {ModelError} when there are fewer than two tokens, or one that the model does not have,
 *   or the images do not fit the tokens, the context or the model
 */
export async function scoreTokens(
  scorer: Scorer,
  tokens: readonly number[],
  images: readonly ImagePixels[] = [],
): Promise<TextScore> {
  const { tokenizer, imageEncoder } = scorer;
  checkTokens(tokens, tokenizer.vocabSize);
  const placed = placeImages(tokens, images, scorer);
  const length = Math.min(scorer.maxSeqLen, longestWindow);
  checkImagesFit(placed, length);
  const logProbs: number[] = [];
  while (logProbs.length < tokens.length - 1) {
    const scored = logProbs.length;
    const start = scored === 0 ? 0 : Math.max(0, scored - Math.floor(length / 2));
    const end = Math.min(start + length + 1, tokens.length);
    const features = await imageEncoder?.rows(placed, start, end - 1);
    const prompt = { tokens: tokens.slice(start, start + 1), features };
    const [found] = await scorer.graphs.scores(prompt, [tokens.slice(start + 1, end)]);
    logProbs.push(...found!.logProbs.slice(scored - start));
  }
  return textScore(tokenizer, tokens, { logProbs, placed });
}

/**
 * The scores of the tokens of each of some texts after a prompt, which is read whole and once.
 *
 * @param prompt - `tokens`: at least one; `images`: as for `scoreTokens`
 * @param texts - tokens of each, at least one; they hold no images
 * @throws {ModelError} as `scoreTokens`, and when prompt and text exceed the model's context
 */
export async function scoreTokensAfter(
  scorer: Scorer,
  prompt: { readonly tokens: readonly number[]; readonly images: readonly ImagePixels[] },
  texts: readonly (readonly number[])[],
): Promise<TokenScores[]> {
  const { tokens, images } = prompt;
  for (const text of texts) checkContinuation(scorer, tokens, text);
  const placed = placeImages(tokens, images, scorer);
  const features = await scorer.imageEncoder?.rows(placed, 0, tokens.length);
  return scorer.graphs.scores({ tokens, features }, texts);
}

function textScore(
  tokenizer: Tokenizer,
  tokens: readonly number[],
  found: { readonly logProbs: readonly number[]; readonly placed: readonly PlacedImage[] },
): TextScore {
  const isGiven = (at: number) => found.placed.some(({ start, end }) => at >= start && at < end);
  const logProbs = found.logProbs.map((value, i) => (isGiven(i + 1) ? 0 : value));
  const predicted = logProbs.filter((_, i) => !isGiven(i + 1)).length;
  if (predicted === 0) {
    throw new ModelError("score: expected text beside the images, got none to be predicted");
  }
  const total = -logProbs.reduce((sum, value) => sum + value, 0);
  const bytes = tokenizer.decodeBytes(tokens.slice(1), { skipSpecial: true }).length;
  return {
    tokens,
    logProbs,
    lossNats: total / predicted,
    bitsPerByte: bytes === 0 ? null : total / Math.LN2 / bytes,
  };
}

function checkTokens(tokens: readonly number[], vocabSize: number): void {
  if (tokens.length < 2) {
    throw new ModelError(
      `score: expected at least two tokens, because the first has nothing before it, got ${tokens.length}`,
    );
  }
  const unknown = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (unknown !== undefined) {
    throw new ModelError(`score: expected tokens from 0 to ${vocabSize - 1}, got ${unknown}`);
  }
}

function checkContinuation(
  { maxSeqLen, tokenizer }: Scorer,
  prompt: readonly number[],
  text: readonly number[],
): void {
  if (prompt.length === 0 || text.length === 0) {
    throw new ModelError(
      `score: expected a prompt and a text of at least one token each, got ${prompt.length} and ${text.length}`,
    );
  }
  checkTokens([...prompt, ...text], tokenizer.vocabSize);
  if (prompt.length + text.length > maxSeqLen + 1) {
    throw new ModelError(
      `score: the context holds ${maxSeqLen} tokens, the prompt has ${prompt.length} and the text ${text.length}; shorten one of them`,
    );
  }
}

function checkImagesFit(placed: readonly PlacedImage[], length: number): void {
  const tokens = placed.reduce((sum, { start, end }) => sum + end - start, 0);
  if (tokens <= length) return;
  throw new ModelError(
    `score: the context holds ${length} tokens, the images have ${tokens}; leave some out or make them smaller`,
  );
}
