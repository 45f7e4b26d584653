import { ModelError } from "../errors.ts";
import { gridPositions } from "../model/image/geometry.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { Random } from "../statistics/random.ts";
import type { PlacedImage } from "./placed-image.ts";
import { checkSampling, type Sampling } from "./sampling.ts";
import { TextStream } from "./text-stream.ts";

/** Why a sample ended: `stop` by a stop token or string, `length` at `maxTokens`. */
export type FinishReason = "stop" | "length";

/** What to generate. */
export interface GenerateRequest {
  /** At least one; those of images in the layout of `imageTokens`. */
  readonly promptTokens: readonly number[];
  /** The images of the prompt in the order in which they appear. */
  readonly images: readonly ImagePixels[];
  /** Most new tokens of a sample. */
  readonly maxTokens: number;
  /** Sample i has the seed `sampling.seed + i`: it is what a request of its own would give. */
  readonly sampling: Sampling;
  /** Tokens that end a sample; the one that did is the sample's last token. */
  readonly stopTokens: readonly number[];
  /** Strings that end a sample, wherever token borders lie; its text ends before them. */
  readonly stop: readonly string[];
  /** Samples of the prompt, which is read once. */
  readonly samples: number;
}

/**
 * Refuses a request that cannot be done, before any work.
 *
 * @param limits.capacity - positions of a slot: prompt and new tokens
 * @throws {ModelError} naming what was expected, what came and the fix
 */
export function checkRequest(
  request: GenerateRequest,
  { capacity, vocabSize }: { readonly capacity: number; readonly vocabSize: number },
): void {
  const { promptTokens, maxTokens, samples } = request;
  for (const [name, value] of Object.entries({ maxTokens, samples })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ModelError(`generate: ${name} must be a whole number >= 1, got ${value}`);
    }
  }
  checkSampling(request.sampling);
  if (promptTokens.length === 0) {
    throw new ModelError("generate: expected a prompt of at least one token, got none");
  }
  const unknown = promptTokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (unknown !== undefined) {
    throw new ModelError(
      `generate: expected prompt tokens from 0 to ${vocabSize - 1}, got ${unknown}; encode the prompt with the model's own tokenizer`,
    );
  }
  if (request.stop.includes("")) {
    throw new ModelError("generate: expected stop strings that are not empty");
  }
  if (promptTokens.length + maxTokens > capacity) {
    throw new ModelError(
      `generate: the context holds ${capacity} tokens, the prompt has ${promptTokens.length}${imagesAmong(request.images)} and ${maxTokens} new ones are asked for; shorten the prompt or ask for at most ${Math.max(0, capacity - promptTokens.length)}`,
    );
  }
}

function imagesAmong(images: readonly ImagePixels[]): string {
  if (images.length === 0) return "";
  const tokens = images.reduce((sum, { grid }) => sum + gridPositions(grid), 0);
  return ` (${tokens} of them for ${images.length === 1 ? "an image" : `${images.length} images`})`;
}

/** Where a sample comes from. */
export interface SamplePlace {
  readonly request: number;
  readonly index: number;
  readonly tokenizer: Tokenizer;
  /** The request's images among the tokens of its prompt. */
  readonly images: readonly PlacedImage[];
  /** By `TokenKeys`, of the prompt. */
  readonly keys: readonly number[];
}

/** One text that is being generated. */
export class Sample {
  readonly request: number;
  readonly index: number;
  readonly sampling: Sampling;
  /** The sample's own, so that what else runs does not change its tokens. */
  readonly random: Random;
  /** Prompt and new tokens. */
  readonly tokens: number[];
  readonly images: readonly PlacedImage[];
  /** By `TokenKeys`, of the prompt. */
  readonly keys: readonly number[];
  readonly #end: number;
  readonly #stopTokens: ReadonlySet<number>;
  readonly #text: TextStream;

  constructor(request: GenerateRequest, place: SamplePlace) {
    this.request = place.request;
    this.index = place.index;
    this.sampling = request.sampling;
    this.random = new Random(request.sampling.seed + place.index);
    this.tokens = [...request.promptTokens];
    this.images = place.images;
    this.keys = place.keys;
    this.#end = request.promptTokens.length + request.maxTokens;
    this.#stopTokens = new Set(request.stopTokens);
    this.#text = new TextStream(place.tokenizer, request.stop);
  }

  /** Adds a new token. @returns the text that became sure, and whether the sample ended */
  push(token: number): { readonly text: string; readonly finishReason: FinishReason | undefined } {
    this.tokens.push(token);
    const { text, isStopped } = this.#text.push(token);
    if (isStopped) return { text, finishReason: "stop" };
    const isStopToken = this.#stopTokens.has(token);
    if (!isStopToken && this.tokens.length < this.#end) return { text, finishReason: undefined };
    return { text: text + this.#text.end(), finishReason: isStopToken ? "stop" : "length" };
  }
}
