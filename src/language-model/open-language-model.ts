import { resolve } from "node:path";
import { ConfigError, ModelError } from "../errors.ts";
import type { WeightForm } from "../model/held-model.ts";
import type { DeviceName } from "../tensor/session.ts";
import type { LanguageModel } from "./language-model.ts";
import type { ProviderOptions } from "./provider-options.ts";
import { findModelFolder, type ModelPlaces } from "./resolve.ts";

/** Where MODEL is looked up and how it runs; what does not concern its kind has no effect. */
export interface LanguageModelOptions extends ModelPlaces, Omit<ProviderOptions, "concurrency"> {
  /** Requests at the same time; undefined: 8 of a model in this process, 16 of a provider's. */
  readonly slots?: number | undefined;
  /** Of a model in this process. */
  readonly device?: DeviceName | undefined;
  /** Of a model in this process. */
  readonly threads?: number | undefined;
  /** Of a model in this process: how weights are held, as for `LocalModel`. */
  readonly dtype?: WeightForm | undefined;
  /** Of a model in this process: most new tokens of an answer whose call sets no limit. */
  readonly answerTokens?: number | undefined;
}

type Open = (model: string, options: LanguageModelOptions) => Promise<LanguageModel>;

const asProvider = ({ slots, ...options }: LanguageModelOptions): ProviderOptions => ({
  ...options,
  concurrency: slots,
});

/** Each is loaded when one of its models is opened, so that commands that ask none start fast. */
const providers: Readonly<Record<string, Open>> = {
  openai: async (model, options) =>
    (await import("./openai.ts")).openOpenAi(model, asProvider(options)),
  anthropic: async (model, options) =>
    (await import("./ai-sdk.ts")).openAiSdk("anthropic", model, asProvider(options)),
  google: async (model, options) =>
    (await import("./ai-sdk.ts")).openAiSdk("google", model, asProvider(options)),
  replay: async (log, { directory }) =>
    (await import("./replay.ts")).openReplay(resolve(directory, log), `replay:${log}`),
};

/**
 * Opens what the user means by MODEL: an existing path or a run, as `resolveModelFolder` says, and
 * otherwise `provider:name`, such as `openai:gpt-4o` or `replay:answers.jsonl`.
 *
 * @throws {ConfigError} when the provider is unknown, has no name of a model behind it or lacks its
 *   key
 * @throws {ModelError} when nothing fits
 */
export async function openLanguageModel(
  text: string,
  options: LanguageModelOptions,
): Promise<LanguageModel> {
  const folder = await findModelFolder(text, options);
  if (folder !== undefined) {
    const { openLocalLanguageModel } = await import("./local-language-model.ts");
    return openLocalLanguageModel(text, folder, options);
  }
  const known = Object.keys(providers).map((name) => `${name}:NAME`);
  const [, provider, model] = providerAndModel.exec(text) ?? [];
  if (provider === undefined) {
    throw new ModelError(
      `model "${text}": neither an existing path nor a run of the workspace ${options.workspaceFolder}. ` +
        `Give a model's folder, a run's id or name (\`foretoken runs\` lists them), or one of ${known.join(", ")}.`,
    );
  }
  if (!Object.hasOwn(providers, provider) || model === "") {
    throw new ConfigError(
      `model "${text}": neither an existing path nor a run, so expected one of ${known.join(", ")}; correct the provider or give the name of its model`,
    );
  }
  return providers[provider]!(model!, options);
}

/** One letter before the colon is a drive. */
const providerAndModel = /^([a-z][a-z0-9-]+):(.*)$/is;
