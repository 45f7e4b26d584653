import { type LanguageModelV3, NoSuchModelError, type ProviderV3 } from "@ai-sdk/provider";
import { ModelError } from "../../errors.ts";
import {
  type LocalLanguageModel,
  openLocalLanguageModel,
} from "../../language-model/local-language-model.ts";
import { resolveModelFolder } from "../../language-model/resolve.ts";
import type { WeightForm } from "../../model/held-model.ts";
import type { DeviceName } from "../../tensor/session.ts";
import { workspaceFolder } from "../../workspace/workspace.ts";
import { languageModelV3 } from "./language-model-v3.ts";
import { LazyModel } from "./lazy-model.ts";

/** Where models are looked up and how they run. */
export interface ForetokenOptions {
  /** The workspace's folder; undefined: `FORETOKEN_HOME`, or `.foretoken` of the directory. */
  readonly workspace?: string | undefined;
  /** What relative paths begin at; undefined: the current directory. */
  readonly directory?: string | undefined;
  /** Undefined: `cpu`. */
  readonly device?: DeviceName | undefined;
  /** Of the process's one pool, which the first model that is opened fixes; undefined: all cores. */
  readonly threads?: number | undefined;
  /** How weights are held; undefined: as the file has them. */
  readonly dtype?: WeightForm | undefined;
  /** Texts that a model generates at the same time; undefined: 8. */
  readonly slots?: number | undefined;
}

/** Models of this machine for applications of the AI SDK. */
export interface ForetokenProvider extends ProviderV3 {
  /** As `languageModel`. */
  (modelId: string): LanguageModelV3;
  /**
   * The model that `foretoken chat` would take: a folder, a `.gguf` file, or a run's id or name. It
   * is loaded at its first call; the same id gives the same model.
   */
  languageModel(modelId: string): LanguageModelV3;
  /** Ends calls that are under way and frees the models. */
  close(): Promise<void>;
}

/**
 * Offers the models of this machine to the AI SDK (major 6). They run in this process; requests at
 * the same time share the engine's slots.
 *
 * Calls of a model throw `NoSuchModelError` when nothing is found by its id, `InvalidArgumentError`
 * for a setting that cannot be, `InvalidPromptError` for a prompt that the model cannot read,
 * `UnsupportedFunctionalityError` for a part of a prompt that no model of ours reads, and
 * `CheckpointError` for a broken model.
 */
export function createForetoken(options: ForetokenOptions = {}): ForetokenProvider {
  const models = new Map<string, { readonly lazy: LazyModel; readonly model: LanguageModelV3 }>();
  let closing: Promise<void> | undefined;
  const languageModel = (modelId: string): LanguageModelV3 => {
    const known = models.get(modelId);
    if (known !== undefined) return known.model;
    const lazy = new LazyModel(() => open(modelId, options));
    if (closing !== undefined) void lazy.close();
    const model = languageModelV3(modelId, lazy);
    models.set(modelId, { lazy, model });
    return model;
  };
  const none = (modelType: "embeddingModel" | "imageModel") => (modelId: string) => {
    throw new NoSuchModelError({ modelId, modelType });
  };
  return Object.assign((modelId: string) => languageModel(modelId), {
    specificationVersion: "v3" as const,
    languageModel,
    embeddingModel: none("embeddingModel"),
    imageModel: none("imageModel"),
    close: () => {
      closing ??= Promise.all([...models.values()].map(({ lazy }) => lazy.close())).then(() => {});
      return closing;
    },
  });
}

async function open(modelId: string, options: ForetokenOptions): Promise<LocalLanguageModel> {
  const { directory = process.cwd(), workspace, device, threads, dtype, slots } = options;
  const places = {
    directory,
    workspaceFolder: workspace ?? workspaceFolder(process.env, directory),
  };
  const folder = await resolveModelFolder(modelId, places).catch((error: unknown) => {
    if (!(error instanceof ModelError)) throw error;
    throw new NoSuchModelError({ modelId, modelType: "languageModel", message: error.message });
  });
  return openLocalLanguageModel(modelId, folder, { directory, device, threads, dtype, slots });
}
