import type { WeightForm } from "../model/held-model.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { DeviceName } from "../tensor/session.ts";
import { readArguments, stopStrings, unsupportedArguments } from "./call-arguments.ts";
import type {
  CallArguments,
  LanguageModel,
  ModelAnswer,
  ModelRequest,
  ScoreRequest,
  TextLikelihood,
} from "./language-model.ts";
import { loadImage } from "./load-image.ts";
import { type GenerateSettings, LocalModel } from "./local-model.ts";
import { type LocalPrompt, localPrompt } from "./local-prompt.ts";
import { encodePrompt, type Prompt } from "./prompt.ts";

/** How a model runs in this process. */
export interface LocalLanguageModelOptions {
  /** What relative paths of images begin at. */
  readonly directory: string;
  /** Texts that are generated at the same time; undefined: 8. */
  readonly slots?: number | undefined;
  /** As for `LocalModel`. */
  readonly contextTokens?: number | undefined;
  /** How weights are held; undefined: as the file has them. */
  readonly dtype?: WeightForm | undefined;
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
): Promise<LanguageModel> {
  const { device, threads, dtype, slots = defaultSlots, contextTokens, directory } = options;
  const runtime = await openRuntime({
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
  });
  try {
    const model = await LocalModel.open(runtime, folder, { slots, contextTokens, dtype });
    const asked = localLanguageModel(model, { name, slots, directory });
    return {
      ...asked,
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
}

/**
 * A model of this process as something that can be asked. Conversations are read as `localPrompt`
 * says; requests that come at the same time run together in the engine's slots, which does not
 * change their answers.
 *
 * What is left out of a call: `temperature` 0, so that the likeliest tokens are taken; `seed` 0;
 * `max_tokens` what the context has left, to which larger numbers are clipped. Choice i of `n` is
 * what the seed plus i gives. `top_k` is understood too.
 */
export function localLanguageModel(
  model: LocalModel,
  { name, slots, directory }: LoadedModel,
): LanguageModel {
  const { longestSide } = model.config.vision ?? {};
  const readChat = (messages: ModelRequest["messages"]) =>
    localPrompt(model.tokenizer, messages, { directory, longestSide });
  const goOn = async (
    { prompt, stop, unsupported }: LocalPrompt,
    callArguments: CallArguments,
    signal: AbortSignal | undefined,
  ): Promise<ModelAnswer> => {
    const { samples, ...settings } = settingsOf(name, callArguments, model.roomAfter(prompt));
    const completions = await model.sample(prompt, samples, {
      ...settings,
      stop: [...settings.stop, ...stop],
      ...(signal && { signal }),
    });
    return {
      texts: completions.map(({ text }) => text),
      finishReasons: completions.map(({ finishReason }) => finishReason),
      toolCalls: completions.map(() => []),
      usage: usageOf(completions),
      model: name,
      unsupported: [...unsupported, ...unsupportedArguments(callArguments, carried)],
    };
  };
  return {
    name,
    concurrency: slots,
    chat: async ({ messages, arguments: callArguments, signal }) => {
      signal?.throwIfAborted();
      const read = await readChat(messages);
      const answer = await goOn(read, callArguments, signal);
      if (read.prompt.kind !== "document") return answer;
      // behind `Assistant:` an answer begins with the space that the prefix lacks
      return { ...answer, texts: answer.texts.map((text) => text.replace(/^ /, "")) };
    },
    complete: async ({ prompt: text, images: urls = [], arguments: callArguments, signal }) => {
      signal?.throwIfAborted();
      const images = await Promise.all(
        urls.map((url) => loadImage(url, { directory, longestSide })),
      );
      const prompt = documentFor(model, text, images);
      return goOn({ prompt, stop: [], unsupported: [] }, callArguments, signal);
    },
    score: async ({ prompt, continuations, signal }: ScoreRequest) => {
      signal?.throwIfAborted();
      if (continuations.length === 0) return [];
      const before: Prompt =
        typeof prompt === "string"
          ? { kind: "document", text: prompt }
          : (await readChat(prompt)).prompt;
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

/**
 * The beginning of a document. A model that reads no images gets their tokens, as it was trained, and
 * sees only how large they are.
 */
function documentFor(model: LocalModel, text: string, images: readonly ImagePixels[]): Prompt {
  const prompt = { kind: "document", text, images } as const;
  if (images.length === 0 || model.config.vision !== undefined) return prompt;
  return { kind: "tokens", tokens: encodePrompt(model.tokenizer, prompt) };
}

/** @param room - most new tokens that the context has left */
function settingsOf(
  name: string,
  callArguments: CallArguments,
  room: number,
): GenerateSettings & { readonly samples: number } {
  const read = readArguments(name, callArguments);
  const asked = read.max_completion_tokens ?? read.max_tokens ?? room;
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

function usageOf(completions: Awaited<ReturnType<LocalModel["sample"]>>): ModelAnswer["usage"] {
  const prompt_tokens = completions[0]?.promptTokens.length ?? 0;
  const completion_tokens = completions.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
