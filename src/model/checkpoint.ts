import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError, DataError, WorkspaceError } from "../errors.ts";
import {
  createFolderAtomic,
  describeWriteError,
  errorCode,
  writeJsonAtomic,
} from "../workspace/atomic-file.ts";
import { type NamedParameters, type Parameter, tensorsToSave } from "./_checkpoint-tensors.ts";
import { readParameters } from "./_read-parameters.ts";
import type { ModelConfig } from "./config.ts";
import {
  type HuggingFaceConfig,
  huggingFaceConfig,
  huggingFaceGenerationConfig,
  readHuggingFaceConfig,
} from "./hugging-face-config.ts";
import { imageTokenIds } from "./image/image-tokens.ts";
import {
  checkImageProcessor,
  readLongestSide,
  saveImageProcessor,
} from "./image-processor-files.ts";
import { otherTokenIds } from "./llama-config.ts";
import { writeSafetensors } from "./safetensors.ts";
import { readsImages } from "./stored-names.ts";
import { chatTemplate } from "./text/chat.ts";
import { ownTokenUse, specialTokens } from "./text/special-tokens.ts";
import type { Tokenizer } from "./text/tokenizer.ts";
import { loadTokenizer, saveTokenizer } from "./text/tokenizer-file.ts";
import { openWeightFiles } from "./weight-files.ts";

/** A model without its tokenizer; the tensors are in the order of `parameterSpecs`. */
export interface Weights {
  readonly config: ModelConfig;
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/** Everything that is needed to use a model. */
export interface Model extends Weights {
  readonly tokenizer: Tokenizer;
}

/** How a folder had what was loaded from it. */
export interface FolderForm {
  /** The class that transformers has for it. */
  readonly architecture: string;
  /** What is in another form here than in the folder, a sentence each. */
  readonly changes: readonly string[];
  /** Ids of special tokens that `config.json` names, by field. */
  readonly tokenIds: Readonly<Record<string, unknown>>;
}

/** What is saved; without a tokenizer the folder holds weights only, as `loadWeights` reads. */
export interface ModelToSave {
  readonly config: ModelConfig;
  /** By name; exactly the tensors of `parameterSpecs(config)`. */
  readonly parameters: NamedParameters;
  readonly tokenizer?: Tokenizer;
}

/**
 * Saves a model as a Hugging Face Llama folder: `config.json`, `generation_config.json`,
 * `model.safetensors`, `tokenizer.json` and `tokenizer_config.json`; with a vision tower as a
 * Mistral3 folder, which has the files of `saveImageProcessor` too.
 *
 * All files are made in a temporary folder inside and renamed at the end, so a failure before that
 * leaves the old ones; files of other names stay as they are.
 *
 * @throws {CheckpointError} when tensors are missing or of another shape, the vocabulary is not the
 *   tokenizer's, the disk is full or the folder is not writable
 */
export async function saveModel(folder: string, model: ModelToSave): Promise<void> {
  const { config, tokenizer } = model;
  const tensors = tensorsToSave(folder, config, model.parameters);
  if (tokenizer !== undefined && tokenizer.vocabSize > config.vocabSize) {
    throw new CheckpointError(
      `${folder}: the tokenizer has ${tokenizer.vocabSize} tokens and the model only ` +
        `${config.vocabSize}; save the model with the tokenizer it was trained with`,
    );
  }
  const staging = join(folder, `.saving-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(staging, { recursive: true });
    const use = tokenizer ?? ownTokenUse;
    await writeJsonAtomic(join(staging, "config.json"), huggingFaceConfig(config, use.special));
    await writeJsonAtomic(
      join(staging, "generation_config.json"),
      huggingFaceGenerationConfig(use),
    );
    await writeSafetensors(join(staging, "model.safetensors"), tensors, { format: "pt" });
    if (tokenizer !== undefined) await saveTokenizer(staging, tokenizer);
    if (readsImages(config)) {
      const template = tokenizer === undefined ? chatTemplate : tokenizer.chat.template;
      await saveImageProcessor(staging, config.vision.longestSide, template);
    }
    for (const name of await readdir(staging))
      await rename(join(staging, name), join(folder, name));
  } catch (error) {
    const described = await describeWriteError(error, folder, undefined);
    if (!(described instanceof WorkspaceError)) throw described;
    throw new CheckpointError(described.message, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * Loads a model and its tokenizer from a Hugging Face Llama, Mistral or Mistral3 folder.
 *
 * @throws {CheckpointError} as `loadWeights`, and when the tokenizer is missing, broken, no
 *   byte-level one, larger than the model's vocabulary or without the model's image tokens, or
 *   images are prepared in another way
 */
export async function loadModel(folder: string): Promise<Model & FolderForm> {
  const weights = await loadWeights(folder);
  const path = join(folder, "tokenizer.json");
  if (!(await exists(path))) {
    throw new CheckpointError(
      `${folder}: the model has no tokenizer (tokenizer.json is missing); copy tokenizer.json and ` +
        "tokenizer_config.json there from the data set that it was trained on",
    );
  }
  let tokenizer: Tokenizer;
  try {
    tokenizer = await loadTokenizer(folder);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new CheckpointError(error.message, { cause: error });
  }
  if (tokenizer.vocabSize > weights.config.vocabSize) {
    throw new CheckpointError(
      `${path}: has ${tokenizer.vocabSize} tokens, the model beside it ${weights.config.vocabSize}; ` +
        "copy the tokenizer of the data set that the model was trained on",
    );
  }
  checkImageTokens(path, weights.config, tokenizer);
  const images = readsImages(weights.config) ? await checkImageProcessor(folder) : [];
  const ids = otherTokenIds(weights, tokenizer);
  return { ...weights, tokenizer, changes: [...ids, ...weights.changes, ...images] };
}

function checkImageTokens(path: string, config: ModelConfig, { special }: Tokenizer): void {
  if (!readsImages(config)) return;
  const { imageToken = specialTokens.image } = config.vision;
  const ids = imageTokenIds(special);
  if (ids?.image === imageToken) return;
  throw new CheckpointError(
    `${path}: expected [IMG] at ${imageToken}, as the model's image_token_index says, with ` +
      `[IMG_BREAK] and [IMG_END], got ${ids?.image ?? "not all of them"}; copy the tokenizer of ` +
      "the data that the model was trained on",
  );
}

/**
 * Loads configuration and tensors of a Hugging Face Llama, Mistral or Mistral3 folder, of one file
 * of weights or several; float16 and bfloat16 become float32, a tied head becomes a copy of the
 * embedding.
 *
 * @throws {CheckpointError} when the folder or a file is missing or broken, the architecture is
 *   another, or tensors are missing, unknown or of another shape (all of them are named)
 */
export async function loadWeights(folder: string): Promise<Weights & FolderForm> {
  const config = await loadConfig(folder);
  const files = await openWeightFiles(folder);
  try {
    const { parameters, changes } = await readParameters(files, config);
    const { architecture, model } = config;
    return {
      config: model,
      parameters,
      architecture,
      tokenIds: config.tokenIds,
      changes: [...config.changes, ...changes],
    };
  } finally {
    await files.close();
  }
}

/**
 * Saves a model as `saveModel` into a folder of its own: a new one appears when it is complete, in
 * an empty one the files do.
 *
 * @param out - made when missing; must be empty, so that nothing is mixed or lost
 * @throws {CheckpointError} as `saveModel`, and when `out` holds something
 */
export async function saveNewModel(out: string, model: ModelToSave): Promise<void> {
  await checkNewFolder(out);
  if (await exists(out)) return saveModel(out, model);
  try {
    await createFolderAtomic(out, (temporary) => saveModel(temporary, model));
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new CheckpointError(error.message, { cause: error });
  }
}

/**
 * Refuses a folder that holds something, before work is done for it.
 *
 * @throws {CheckpointError} that says so
 */
export async function checkNewFolder(out: string): Promise<void> {
  try {
    if ((await readdir(out)).length === 0) return;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw new CheckpointError(
      `${out}: expected a new or an empty folder, got what cannot be read as one ` +
        `(${errorCode(error) ?? error}); choose another name`,
      { cause: error },
    );
  }
  throw new CheckpointError(`${out}: is not empty; give a new or an empty folder`);
}

async function loadConfig(folder: string): Promise<HuggingFaceConfig> {
  const path = join(folder, "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new CheckpointError(
      `${folder}: not a model folder, config.json cannot be read (${errorCode(error) ?? error}); ` +
        "give the folder of a checkpoint or of a Hugging Face Llama, Mistral or Mistral3",
      { cause: error },
    );
  }
  try {
    const config = readHuggingFaceConfig(path, JSON.parse(text));
    if (!readsImages(config.model)) return config;
    const vision = { ...config.model.vision, longestSide: await readLongestSide(folder) };
    return { ...config, model: { ...config.model, vision } };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CheckpointError(
      `${path}: not JSON (${error.message}); the file is damaged, copy it again`,
      { cause: error },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
