import type { WeightForm } from "../model/held-model.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { DeviceName } from "../tensor/session.ts";
import { readArguments, stopStrings, unsupportedArguments } from "./call-arguments.ts";
import type {
  CallArguments,
  CompletionRequest,
  LanguageModel,
  ModelAnswer,
  ModelRequest,
  ScoreRequest,
  TextLikelihood,
} from "./language-model.ts";
import { loadImage } from "./load-image.ts";
import { type Completion, type GenerateSettings, LocalModel } from "./local-model.ts";
import { type LocalPrompt, localPrompt } from "./local-prompt.ts";
import { encodePrompt, type Prompt } from "./prompt.ts";

/** A model of this process, which can also be heard while it answers. */
export interface LocalLanguageModel extends LanguageModel {
  /**
   * As `chat`, of one choice whatever `n`.
   *
   * @returns the text in pieces of whole characters as it comes, then the answer with all of it
   * @throws as `LocalModel.generate`, with the first piece
   */
  stream(request: ModelRequest): AsyncGenerator<string, ModelAnswer>;
}

/** How a model runs in this process. */
export interface LocalLanguageModelOptions {
  /** What relative paths of images begin at. */
  readonly directory: string;
  /** Texts that are generated at the same time; undefined: 8. */
  readonly slots?: number | undefined;
  /** How weights are held; undefined: as the file has them. */
  readonly dtype?: WeightForm | undefined;
  /** As for `LoadedModel`. */
  readonly answerTokens?: number | undefined;
  readonly device?: DeviceName | undefined;
  readonly threads?: number | undefined;
}

const carried: ReadonlySet<string> = new Set([
  ...["temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "seed", "n"],
]);

const defaultSlots = 8;

/**
 * Loads a model folder as something that can be asked, with a runtime of its own.
 *
 * @param name - as the user wrote it
 * @throws {CheckpointError} as `LocalModel.open`
 */
export async function openLocalLanguageModel(
  name: string,
  folder: string,
  options: LocalLanguageModelOptions,
): Promise<LocalLanguageModel> {
  const { device, threads, slots = defaultSlots, dtype, ...others } = options;
  const runtime = await openRuntime({
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
  });
  try {
    const model = await LocalModel.open(runtime, folder, { slots, dtype });
    const asked = localLanguageModel(model, { name, slots, ...others });
    const { answerTokens } = others;
    return {
      ...asked,
      settings: { dtype: dtype ?? "stored", ...(answerTokens !== undefined && { answerTokens }) },
      close: async () => {
        await asked.close();
        runtime.release();
      },
    };
  } catch (error) {
    runtime.release();
    throw error;
  }
}

/** A model that is loaded already, and what it is called. */
export interface LoadedModel {
  readonly name: string;
  readonly slots: number;
  readonly directory: string;
  /** Most new tokens of an answer whose call sets no limit; undefined: what the context has left. */
  readonly answerTokens?: number | undefined;
}

/**
 * A model of this process as something that can be asked. Conversations are read as `localPrompt`
 * says; requests that come at the same time run together in the engine's slots, which does not
 * change their answers.
 *
 * What is left out of a call: `temperature` is 0, so that the likeliest tokens are taken, `seed` is 0,
 * and `max_tokens` is `answerTokens`, or else what the context has left, which no larger number exceeds.
 * Choice i of `n` is what the seed plus i gives, and each further draw goes on from there. `top_k` is
 * understood, too.
 */
export function localLanguageModel(model: LocalModel, loaded: LoadedModel): LocalLanguageModel {
  const { name, slots } = loaded;
  return {
    name,
    concurrency: slots,
    chat: async (request) => {
      const asked = await readRequest(model, loaded, request);
      return answerOf(name, asked, await sampled(model, asked));
    },
    complete: async (request) => {
      const asked = await readDocument(model, loaded, request);
      const completions = await sampled(model, asked);
      const texts = completions.map(({ text }) => text);
      return { ...answerOf(name, asked, completions), texts };
    },
    stream: (request) => streamed(model, loaded, request),
    score: async ({ prompt, continuations, signal }: ScoreRequest) => {
      signal?.throwIfAborted();
      if (continuations.length === 0) return [];
      const before: Prompt =
        typeof prompt === "string"
          ? { kind: "document", text: prompt }
          : (await readMessages(model, loaded, prompt)).prompt;
      const found = await model.scoreEachAfter(before, continuations);
      return found.map(
        ({ tokens, logProbs, isGreedy }): TextLikelihood => ({
          logProb: logProbs.reduce((sum, value) => sum + value, 0),
          tokens: tokens.length,
          isGreedy,
        }),
      );
    },
    close: async () => model.release(),
  };
}

function sampled(
  model: LocalModel,
  { prompt, settings: { samples, ...settings } }: ReadRequest,
): Promise<Completion[]> {
  return model.sample(prompt, samples, settings);
}

async function* streamed(
  model: LocalModel,
  loaded: LoadedModel,
  request: ModelRequest,
): AsyncGenerator<string, ModelAnswer> {
  const asked = await readRequest(model, loaded, request);
  const { samples: _, ...settings } = asked.settings;
  const completion = model.generate(asked.prompt, settings);
  let isBegun = false;
  try {
    for (;;) {
      const { done, value } = await completion.next();
      if (done === true) return answerOf(loaded.name, asked, [value]);
      const piece = isBegun ? value : textOf(asked.prompt, value);
      isBegun = true;
      if (piece !== "") yield piece;
    }
  } finally {
    await completion.return(undefined as never); // a listener that leaves frees the slot
  }
}

/** A request as the model reads it. */
interface ReadRequest {
  readonly prompt: Prompt;
  readonly settings: GenerateSettings & { readonly samples: number; readonly signal?: AbortSignal };
  readonly unsupported: readonly string[];
}

async function readRequest(
  model: LocalModel,
  loaded: LoadedModel,
  { messages, ...request }: ModelRequest,
): Promise<ReadRequest> {
  request.signal?.throwIfAborted();
  return requestOf(model, { ...request, ...(await readMessages(model, loaded, messages)) }, loaded);
}

async function readDocument(
  model: LocalModel,
  loaded: LoadedModel,
  { prompt: text, images: urls = [], ...request }: CompletionRequest,
): Promise<ReadRequest> {
  request.signal?.throwIfAborted();
  const places = { directory: loaded.directory, longestSide: model.config.vision?.longestSide };
  const images = await Promise.all(urls.map((url) => loadImage(url, places)));
  const prompt = documentFor(model, text, images);
  return requestOf(model, { ...request, prompt, stop: [], unsupported: [] }, loaded);
}

/**
 * The beginning of a document. A model that reads no images gets their tokens, as it was trained, and
 * sees only how large they are.
 */
function documentFor(model: LocalModel, text: string, images: readonly ImagePixels[]): Prompt {
  const prompt = { kind: "document", text, images } as const;
  if (images.length === 0 || model.config.vision !== undefined) return prompt;
  return { kind: "tokens", tokens: encodePrompt(model.tokenizer, prompt) };
}

function requestOf(
  model: LocalModel,
  read: LocalPrompt & Omit<ModelRequest, "messages">,
  loaded: LoadedModel,
): ReadRequest {
  const { prompt, stop, unsupported, arguments: callArguments, draw = 0, signal } = read;
  const settings = settingsOf(loaded, callArguments, model.roomAfter(prompt));
  const seed = settings.seed + draw * settings.samples;
  return {
    prompt,
    settings: {
      ...{ ...settings, seed, stop: [...settings.stop, ...stop] },
      ...(signal && { signal }),
    },
    unsupported: [...unsupported, ...unsupportedArguments(callArguments, carried)],
  };
}

function readMessages(
  { config, tokenizer }: LocalModel,
  { directory }: LoadedModel,
  messages: ModelRequest["messages"],
): Promise<LocalPrompt> {
  return localPrompt(tokenizer, messages, { directory, longestSide: config.vision?.longestSide });
}

function answerOf(
  name: string,
  { prompt, unsupported }: ReadRequest,
  completions: readonly Completion[],
): ModelAnswer {
  return {
    texts: completions.map(({ text }) => textOf(prompt, text)),
    finishReasons: completions.map(({ finishReason }) => finishReason),
    toolCalls: completions.map(() => []),
    usage: usageOf(completions),
    model: name,
    unsupported,
  };
}

/** Behind `Assistant:` an answer begins with the space that the prefix lacks. */
function textOf({ kind }: Prompt, text: string): string {
  return kind === "document" ? text.replace(/^ /, "") : text;
}

/** @param room - most new tokens that the context has left */
function settingsOf(
  { name, answerTokens }: LoadedModel,
  callArguments: CallArguments,
  room: number,
): GenerateSettings & { readonly samples: number } {
  const read = readArguments(name, callArguments);
  const asked = read.max_completion_tokens ?? read.max_tokens ?? answerTokens ?? room;
  return {
    maxTokens: Math.min(asked, room),
    temperature: read.temperature ?? 0,
    topK: read.top_k ?? 0,
    topP: read.top_p ?? 1,
    seed: read.seed ?? 0,
    stop: stopStrings(read),
    ignoreEos: false,
    samples: read.n ?? 1,
  };
}

function usageOf(completions: readonly Completion[]): ModelAnswer["usage"] {
  const prompt_tokens = completions[0]?.promptTokens.length ?? 0;
  const completion_tokens = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
