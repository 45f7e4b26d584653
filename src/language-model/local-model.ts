import { ConfigError } from "../errors.ts";
import { Engine } from "../generate/engine.ts";
import { EngineStreams } from "../generate/engine-stream.ts";
import { ImageEncoder } from "../generate/image-encoder.ts";
import { type ModelWeights, uploadWeights } from "../generate/model-weights.ts";
import type { FinishReason, GenerateRequest } from "../generate/sample.ts";
import { type Scorer, scoreTokens, scoreTokensAfter, type TextScore } from "../generate/score.ts";
import { ScoreGraphs } from "../generate/score-graphs.ts";
import type { ModelConfig } from "../model/config.ts";
import { type HeldModel, openHeldModel, type WeightForm } from "../model/held-model.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import type { Runtime } from "../tensor/session.ts";
import { encodePrompt, type Prompt } from "./prompt.ts";

/** How to go on from a prompt. */
export interface GenerateSettings {
  /** Most new tokens; undefined: as many as the context holds. */
  readonly maxTokens: number | undefined;
  /** 0 takes the most likely token, whatever the seed. */
  readonly temperature: number;
  /** Only the K most likely tokens; 0: all. */
  readonly topK: number;
  /** Only the most likely tokens that together reach this probability; 1: all. */
  readonly topP: number;
  readonly seed: number;
  /** Strings before which the text ends. */
  readonly stop: readonly string[];
  /** Go on after what ends a document or a turn, as `</s>` and `<|im_end|>`. */
  readonly ignoreEos: boolean;
}

/** What holds where nothing else is said. */
export const defaultSettings: GenerateSettings = {
  maxTokens: undefined,
  temperature: 0,
  topK: 0,
  topP: 1,
  seed: 0,
  stop: [],
  ignoreEos: false,
};

/** Settings of which some are left out, and what may end the work early. */
type Interruptible = Partial<GenerateSettings> & { readonly signal?: AbortSignal };

/** What a model made of a prompt. */
export interface Completion {
  readonly promptTokens: readonly number[];
  /** The new tokens; when the end of a document or a turn ended them, it is the last one. */
  readonly tokens: readonly number[];
  /** The text of the new tokens without special ones, up to a stop string. */
  readonly text: string;
  /** `stop` by a token or string, `length` at `maxTokens`. */
  readonly finishReason: FinishReason;
}

/** A text as the model finds it after a prompt. */
export interface Continuation {
  readonly tokens: readonly number[];
  /** Natural logarithm of each token's probability after the prompt and the tokens before it. */
  readonly logProbs: readonly number[];
  /** Whether each token was the likeliest. */
  readonly isGreedy: boolean;
}

/** How much a model does at once. */
export interface LocalModelOptions {
  /** Texts that are generated at the same time; each has a cache of the whole context. */
  readonly slots: number;
  /** Prompt and new tokens of a text; undefined: what the model was trained for, at most 4,096. */
  readonly contextTokens?: number | undefined;
  /** How `open` holds the weights; undefined: as the file has them. */
  readonly dtype?: WeightForm | undefined;
}

const prefillChunk = 128;

/** The cache is allocated whole: models of very long contexts would take gigabytes for it. */
const longestDefaultContext = 4096;

/** A model of ours or an imported one, run in this process. */
export class LocalModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Prompt and new tokens that a text may have together. */
  readonly contextTokens: number;
  readonly #weights: ModelWeights;
  readonly #slots: number;
  /** Shared by generating and scoring. */
  readonly #imageEncoder: ImageEncoder | undefined;
  readonly #graphs: ScoreGraphs;
  #opened: Engine | undefined;
  #streams: Promise<EngineStreams> | undefined;

  private constructor(weights: ModelWeights, tokenizer: Tokenizer, options: LocalModelOptions) {
    this.config = weights.config;
    this.tokenizer = tokenizer;
    this.contextTokens =
      options.contextTokens ?? Math.min(weights.config.maxSeqLen, longestDefaultContext);
    this.#weights = weights;
    this.#slots = options.slots;
    this.#imageEncoder = this.config.vision === undefined ? undefined : new ImageEncoder(weights);
    this.#graphs = new ScoreGraphs(weights);
  }

  /**
   * Loads a model folder or a GGUF file.
   *
   * @throws {CheckpointError} when it is no model or has no tokenizer
   * @throws {ConfigError} when the device cannot hold the weights as asked
   */
  static async open(
    runtime: Runtime,
    path: string,
    options: LocalModelOptions,
  ): Promise<LocalModel> {
    const model = await openHeldModel(path, weightForm(runtime, options.dtype ?? "stored"));
    return LocalModel.from(runtime, model, options);
  }

  /** A model that is in memory already. */
  static async from(
    runtime: Runtime,
    { config, parameters, tokenizer }: HeldModel,
    options: LocalModelOptions,
  ): Promise<LocalModel> {
    const weights = await uploadWeights(runtime, config, parameters);
    return new LocalModel(weights, tokenizer, options);
  }

  /**
   * Goes on from a prompt.
   *
   * @param settings - `signal`: ends it early
   * @returns the text in pieces of whole characters, then the whole of it
   * @throws {ModelError} before any work, when the prompt and `maxTokens` exceed the context or a
   *   setting cannot be; when it has images and the model reads none
   * @throws {ConfigError} as `encodePrompt`
   * @throws the signal's reason when that ended it
   */
  async *generate(
    prompt: Prompt,
    { signal, ...settings }: Interruptible = {},
  ): AsyncGenerator<string, Completion> {
    const request = this.#request(prompt, settings, 1);
    const streams = await this.#open();
    const tokens: number[] = [];
    let text = "";
    let finishReason: FinishReason = "length";
    for await (const event of streams.stream(request, signal)) {
      tokens.push(event.token);
      text += event.text;
      finishReason = event.finishReason ?? finishReason;
      if (event.text !== "") yield event.text;
    }
    return { promptTokens: request.promptTokens, tokens, text, finishReason };
  }

  /**
   * Goes on from the beginnings of documents, all at once as far as there are slots.
   *
   * @returns the new text of each
   * @throws as `generate`
   */
  async complete(
    texts: readonly string[],
    settings: Partial<GenerateSettings> = {},
  ): Promise<string[]> {
    const each = texts.map((text) => this.sample({ kind: "document", text }, 1, settings));
    return (await Promise.all(each)).map(([completion]) => completion!.text);
  }

  /**
   * Several completions of one prompt, which is read once; the i-th is what the seed plus i gives.
   *
   * @throws as `generate`
   */
  async sample(
    prompt: Prompt,
    samples: number,
    { signal, ...settings }: Interruptible = {},
  ): Promise<Completion[]> {
    const request = this.#request(prompt, settings, samples);
    const streams = await this.#open();
    const { promptTokens } = request;
    const results = Array.from({ length: samples }, () => ({
      ...{ promptTokens, tokens: [] as number[], text: "", finishReason: "length" as FinishReason },
    }));
    for await (const { sample, token, text, finishReason } of streams.stream(request, signal)) {
      const result = results[sample]!;
      result.tokens.push(token);
      result.text += text;
      result.finishReason = finishReason ?? result.finishReason;
    }
    return results;
  }

  /**
   * How likely the model finds a text, read as a raw prompt is.
   *
   * @throws {ModelError} when it has fewer than two tokens, or images that cannot be read
   * @throws {ConfigError} as `encodePrompt`
   */
  async score(text: string, images: readonly ImagePixels[] = []): Promise<TextScore> {
    const tokens = encodePrompt(this.tokenizer, { kind: "raw", text, images });
    return scoreTokens(this.#scorer, tokens, images);
  }

  /**
   * How likely the model finds each of some texts after a prompt, such as captions after an image, or
   * answers to choose from. They are read together, which changes roundings only.
   *
   * @param texts - each read as text alone
   * @param options - `hasEnd`: each text is a whole, and the end of a document is scored behind it
   * @throws {ModelError} when a text is empty, one and the prompt exceed the context, or images cannot
   *   be read
   * @throws {ConfigError} as `encodePrompt`
   */
  async scoreEachAfter(
    prompt: Prompt,
    texts: readonly string[],
    { hasEnd = false }: { readonly hasEnd?: boolean } = {},
  ): Promise<Continuation[]> {
    const before = {
      tokens: encodePrompt(this.tokenizer, prompt),
      images: prompt.images ?? [],
    };
    const end = hasEnd ? [this.tokenizer.special.eos ?? []].flat() : [];
    const tokens = texts.map((text) => [...this.tokenizer.encode(text), ...end]);
    const scores = await scoreTokensAfter(this.#scorer, before, tokens);
    return scores.map(({ logProbs, isLikeliest }, i) => ({
      ...{ tokens: tokens[i]!, logProbs, isGreedy: !isLikeliest.includes(false) },
    }));
  }

  /** Frees weights and cache; nothing may be under way. */
  release(): void {
    this.#opened?.release();
    this.#imageEncoder?.release();
    this.#graphs.release();
    this.#weights.release();
  }

  get #scorer(): Scorer {
    const { maxSeqLen } = this.config;
    const { tokenizer } = this;
    return { graphs: this.#graphs, tokenizer, maxSeqLen, imageEncoder: this.#imageEncoder };
  }

  /** How many tokens the context has left after a prompt; at least one. */
  roomAfter(prompt: Prompt): number {
    return this.#roomAfter(encodePrompt(this.tokenizer, prompt));
  }

  #roomAfter(promptTokens: readonly number[]): number {
    return Math.max(1, this.contextTokens - promptTokens.length);
  }

  #request(prompt: Prompt, settings: Partial<GenerateSettings>, samples: number): GenerateRequest {
    const { maxTokens, stop, ignoreEos, ...sampling } = { ...defaultSettings, ...settings };
    const promptTokens = encodePrompt(this.tokenizer, prompt);
    const stopTokens = ignoreEos ? [] : this.tokenizer.stopTokens;
    const images = prompt.images ?? [];
    const limits = { maxTokens: maxTokens ?? this.#roomAfter(promptTokens), stopTokens, stop };
    return { promptTokens, images, ...limits, sampling, samples };
  }

  /** The engine is made for the first text: scoring needs no cache. */
  #open(): Promise<EngineStreams> {
    this.#streams ??= Engine.open({
      ...{ weights: this.#weights, tokenizer: this.tokenizer, imageEncoder: this.#imageEncoder },
      ...{ slots: this.#slots, capacity: this.contextTokens, prefillChunk },
    }).then((engine) => {
      this.#opened = engine;
      return new EngineStreams(engine);
    });
    return this.#streams;
  }
}

/** The native runtime on the CPU multiplies with quantised matrices; others are given float32. */
function weightForm({ kind, device }: Runtime, asked: WeightForm): WeightForm {
  if (kind === "native" && device === "cpu") return asked;
  if (asked === "stored" || asked === "f32") return "f32";
  throw new ConfigError(
    `model: weights are held as ${asked} on the device cpu only, got ${device} (${kind}); leave out ` +
      "--dtype, or give f32",
  );
}
