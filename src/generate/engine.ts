import { ModelError } from "../errors.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { headDimMultiple } from "../tensor/cached-attention.ts";
import type { ImageEncoder } from "./image-encoder.ts";
import type { ModelWeights } from "./model-weights.ts";
import { placeImages } from "./placed-image.ts";
import { checkRequest, type FinishReason, type GenerateRequest, Sample } from "./sample.ts";
import { sampleToken } from "./sampling.ts";
import { type RunnerSize, SlotRunner } from "./slot-runner.ts";
import { TokenKeys } from "./token-keys.ts";

/** One new token of one sample. */
export interface TokenEvent {
  /** What `submit` returned. */
  readonly request: number;
  /** Which of the request's samples, from 0. */
  readonly sample: number;
  readonly token: number;
  /** New text that is sure: whole characters that no longer can become a stop string. */
  readonly text: string;
  /** Set on a sample's last token. */
  readonly finishReason: FinishReason | undefined;
}

/** A place in the cache. */
interface Slot {
  readonly index: number;
  /** Keys of the tokens that its cache holds; they stay after its sample, for others to use. */
  readonly held: number[];
  sample: Sample | undefined;
}

/** What an engine runs. */
export interface EngineOptions extends RunnerSize {
  readonly weights: ModelWeights;
  readonly tokenizer: Tokenizer;
  /** Reads the images of prompts; it stays the caller's. Without one they are refused. */
  readonly imageEncoder?: ImageEncoder | undefined;
}

/**
 * Generates for many requests at once (continuous batching): each sample has a slot of the cache
 * with its own length, position and random numbers; samples come and go between steps.
 *
 * All of a prompt but its last token is prefilled in chunks, unless some slot holds its beginning
 * already, which is then copied: the samples of one request share a prefill, and a conversation
 * goes on where it was. Which requests run together does not change their tokens.
 *
 * Only tokens of the tokenizer are generated: ids that pad the model's vocabulary behind them have
 * no text, and training never saw them. transformers does not leave them out.
 *
 * @see Yu et al. 2022, Orca: iteration-level scheduling (OSDI '22)
 */
export class Engine {
  readonly #runner: SlotRunner;
  readonly #options: EngineOptions;
  readonly #slots: readonly Slot[];
  readonly #keys = new TokenKeys();
  #waiting: Sample[] = [];
  #requests = 0;

  private constructor(runner: SlotRunner, options: EngineOptions) {
    this.#runner = runner;
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, (_, index) => ({
      index,
      held: [],
      sample: undefined,
    }));
  }

  /**
   * Makes an engine and allocates its cache.
   *
   * @throws {ModelError} when the model cannot run with a cache, or has a smaller context
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { headDim, maxSeqLen } = options.weights.config;
    if (headDim % headDimMultiple !== 0) {
      throw new ModelError(
        `generate: expected a model with a headDim that is a multiple of ${headDimMultiple}, got ${headDim}`,
      );
    }
    if (options.capacity > maxSeqLen) {
      throw new ModelError(
        `generate: expected a context of at most ${maxSeqLen} tokens, which the model was trained for, got ${options.capacity}`,
      );
    }
    return new Engine(await SlotRunner.open(options.weights, options), options);
  }

  /** Whether there is something to do for `step`. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#slots.some(({ sample }) => sample !== undefined);
  }

  /**
   * Queues a request.
   *
   * @returns its number, which its events carry
   * @throws {ModelError} when it does not fit into the context, its images do not fit its tokens
   *   or the model, or it has an impossible setting
   */
  submit(request: GenerateRequest): number {
    const { tokenizer, capacity } = this.#options;
    checkRequest(request, { capacity, vocabSize: tokenizer.vocabSize });
    const images = placeImages(request.promptTokens, request.images, this.#options);
    const keys = this.#keys.of(request.promptTokens, images);
    const number = this.#requests++;
    for (let index = 0; index < request.samples; index++) {
      this.#waiting.push(new Sample(request, { request: number, index, tokenizer, images, keys }));
    }
    return number;
  }

  /** Ends a request without further events; an unknown or finished one is left alone. */
  cancel(request: number): void {
    this.#waiting = this.#waiting.filter((sample) => sample.request !== request);
    for (const slot of this.#slots) {
      if (slot.sample?.request === request) slot.sample = undefined;
    }
  }

  /**
   * Starts waiting samples in free slots, reads prompts up to one chunk of tokens, and generates a
   * token for every sample whose prompt is read. One step runs at a time.
   *
   * @returns the new tokens, none while there are only prompts to read
   * @throws {ModelError} when the model's logits are not numbers
   */
  async step(): Promise<readonly TokenEvent[]> {
    await this.#startWaiting();
    await this.#prefill();
    const ready = this.#slots.filter((slot) => slot.sample !== undefined && unread(slot) === 1);
    if (ready.length === 0) return [];
    const next = new Map(ready.map(({ index, sample }) => [index, sample!.tokens.at(-1)!]));
    const positions = this.#slots.map(({ held }) => held.length);
    const logitsOf = await this.#runner.decode(positions, next);
    // a request may have been cancelled during the run
    return ready.flatMap((slot) => {
      slot.held.push(next.get(slot.index)!);
      return slot.sample === undefined ? [] : [this.#advance(slot, slot.sample, logitsOf)];
    });
  }

  /** Frees the cache; the weights stay. */
  release(): void {
    this.#runner.release();
  }

  #advance(slot: Slot, sample: Sample, logitsOf: (slot: number) => Float32Array): TokenEvent {
    const known = logitsOf(slot.index).subarray(0, this.#options.tokenizer.vocabSize);
    const token = sampleToken(known, sample.sampling, sample.random);
    const { text, finishReason } = sample.push(token);
    if (finishReason !== undefined) slot.sample = undefined;
    return { request: sample.request, sample: sample.index, token, text, finishReason };
  }

  async #startWaiting(): Promise<void> {
    for (const sample of this.#waiting) {
      const free = this.#slots.filter((slot) => slot.sample === undefined);
      if (free.length === 0) return;
      // cancelled while another one was started, or its request's first sample still reads
      if (!this.#waiting.includes(sample) || this.#sharesUnread(sample)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== sample);
      await this.#start(sample, free);
    }
  }

  /** Whether a sample of the same request is still reading the prompt. */
  #sharesUnread({ request }: Sample): boolean {
    return this.#slots.some((slot) => slot.sample?.request === request && unread(slot) > 1);
  }

  /** Gives a sample the free slot that holds most of its prompt, or a copy of what another holds. */
  async #start(sample: Sample, free: readonly Slot[]): Promise<void> {
    const prompt = sample.keys.slice(0, -1);
    const shared = (slot: Slot) => commonLength(slot.held, prompt);
    const best = most(this.#slots, shared);
    const slot = free.includes(best) ? best : most(free, ({ held }) => -held.length);
    const count = shared(best);
    slot.sample = sample;
    if (slot === best) slot.held.length = count;
    else {
      if (count > 0) await this.#runner.cache.copy(best.index, slot.index, count);
      slot.held.splice(0, slot.held.length, ...best.held.slice(0, count));
    }
  }

  /** Reads prompts, the oldest first, up to a chunk in all: short ones start together. */
  async #prefill(): Promise<void> {
    for (let budget = this.#options.prefillChunk; budget > 0; ) {
      const reading = this.#slots.filter((slot) => slot.sample !== undefined && unread(slot) > 1);
      if (reading.length === 0) return;
      budget -= await this.#readChunk(
        most(reading, (slot) => -slot.sample!.request),
        budget,
      );
    }
  }

  /** Reads tokens of a slot's prompt, at most `budget`. @returns how many they were */
  async #readChunk({ index, held, sample }: Slot, budget: number): Promise<number> {
    const { tokens: prompt, keys, images } = sample!;
    const start = held.length;
    const end = Math.min(start + budget, prompt.length - 1);
    const tokens = prompt.slice(start, end);
    const features = await this.#options.imageEncoder?.rows(images, start, end);
    await this.#runner.prefill(index, { tokens, position: start, features });
    held.push(...keys.slice(start, end));
    return tokens.length;
  }
}

/** Tokens of a slot's sample that the cache does not hold: 1 when it is ready to generate. */
function unread({ held, sample }: Slot): number {
  return sample === undefined ? 0 : sample.tokens.length - held.length;
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index++) if (a[index] !== b[index]) return index;
  return end;
}

/** The first of the items with the largest value. */
function most<Item>(items: readonly Item[], value: (item: Item) => number): Item {
  return items.reduce((best, item) => (value(item) > value(best) ? item : best));
}
