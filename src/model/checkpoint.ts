import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError, DataError, WorkspaceError } from "../errors.ts";
import { describeWriteError, errorCode, writeJsonAtomic } from "../workspace/atomic-file.ts";
import {
  checkTensors,
  type NamedParameters,
  type Parameter,
  readFloats,
  tensorsToSave,
} from "./_checkpoint-tensors.ts";
import type { ModelConfig } from "./config.ts";
import {
  huggingFaceConfig,
  huggingFaceGenerationConfig,
  readHuggingFaceConfig,
} from "./hugging-face-config.ts";
import { readLongestSide, saveImageProcessor } from "./image-processor-files.ts";
import type { FolderConfig } from "./llama-config.ts";
import { type ParameterSpec, parameterSpecs } from "./parameters.ts";
import { openSafetensors, type SafetensorsReader, writeSafetensors } from "./safetensors.ts";
import { readsImages, storedNameIn } from "./stored-names.ts";
import type { Tokenizer } from "./text/tokenizer.ts";
import { loadTokenizer, saveTokenizer } from "./text/tokenizer-file.ts";

/** A model without its tokenizer; the tensors are in the order of `parameterSpecs`. */
export interface Weights {
  readonly config: ModelConfig;
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/** Everything that is needed to use a model. */
export interface Model extends Weights {
  readonly tokenizer: Tokenizer;
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
    await writeJsonAtomic(join(staging, "config.json"), huggingFaceConfig(config));
    await writeJsonAtomic(join(staging, "generation_config.json"), huggingFaceGenerationConfig());
    await writeSafetensors(join(staging, "model.safetensors"), tensors, { format: "pt" });
    if (tokenizer !== undefined) await saveTokenizer(staging, tokenizer);
    if (readsImages(config)) await saveImageProcessor(staging, config.vision.longestSide);
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
 * Loads a model and its tokenizer from a Hugging Face Llama or Mistral3 folder.
 *
 * @throws {CheckpointError} as `loadWeights`, and when the tokenizer is missing, broken or larger
 *   than the model's vocabulary
 */
export async function loadModel(folder: string): Promise<Model> {
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
  return { ...weights, tokenizer };
}

/**
 * Loads configuration and tensors of a Hugging Face Llama or Mistral3 folder; float16 and
 * bfloat16 become float32, a tied head becomes a copy of the embedding.
 *
 * @throws {CheckpointError} when the folder or a file is missing or broken, the architecture is
 *   another, or tensors are missing, unknown or of another shape (all of them are named)
 */
export async function loadWeights(folder: string): Promise<Weights> {
  const config = await loadConfig(folder);
  const path = join(folder, "model.safetensors");
  if (!(await exists(path))) {
    throw new CheckpointError(
      `${folder}: model.safetensors is missing; weights in several files or in another format ` +
        "must be saved as one safetensors file first",
    );
  }
  const reader = await openSafetensors(path);
  try {
    return { config: config.model, parameters: await readParameters(path, reader, config) };
  } finally {
    await reader.close();
  }
}

async function readParameters(
  path: string,
  reader: SafetensorsReader,
  { model, isHeadTied }: FolderConfig,
): Promise<Map<string, Parameter>> {
  const specs = parameterSpecs(model);
  const inFile = storedNameIn(model, reader.entries.keys());
  const isCopied = ({ role }: ParameterSpec) => isHeadTied && role === "head";
  const stored = specs
    .filter((spec) => !isCopied(spec))
    .map((spec) => ({ ...spec, name: inFile(spec.name) }));
  checkTensors(path, stored, reader.entries);
  const parameters = new Map<string, Parameter>();
  for (const spec of specs) {
    const source = isCopied(spec) ? "model.embed_tokens.weight" : spec.name;
    const data = await readFloats(path, reader, inFile(source));
    parameters.set(spec.name, { shape: spec.shape, data });
  }
  return parameters;
}

/**
 * Copies a model as a plain Hugging Face folder that transformers, vLLM and others load as
 * it is: only the model's files, in float32.
 *
 * @param folder - any folder that `loadModel` reads
 * @param out - made when missing; must be empty, so that nothing is mixed or lost
 * @throws {CheckpointError} when `folder` cannot be loaded or `out` holds something
 */
export async function exportHuggingFace(folder: string, out: string): Promise<void> {
  const model = await loadModel(folder);
  if ((await exists(out)) && (await readdir(out)).length > 0) {
    throw new CheckpointError(`${out}: is not empty; give the export a new or an empty folder`);
  }
  await saveModel(out, model);
}

async function loadConfig(folder: string): Promise<FolderConfig> {
  const path = join(folder, "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new CheckpointError(
      `${folder}: not a model folder, config.json cannot be read (${errorCode(error) ?? error}); ` +
        "give the folder of a checkpoint or of a Hugging Face Llama or Mistral3",
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
