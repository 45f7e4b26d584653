import { CheckpointError } from "../errors.ts";
import { headDimMultiple } from "../tensor/cached-attention.ts";
import { checkNewFolder, saveNewModel } from "./checkpoint.ts";
import { parameterCounts } from "./counts.ts";
import { isGgufPath } from "./gguf/gguf-path.ts";
import { openModel } from "./open-model.ts";
import { readsImages } from "./stored-names.ts";
import { chatTemplate } from "./text/chat.ts";
import { compileTemplate } from "./text/chat-template.ts";
import { isOwnTokenizer, type Tokenizer } from "./text/tokenizer.ts";
import { readTokenizerConfig } from "./text/tokenizer-config.ts";

/** What was imported. */
export interface ImportReport {
  /** The class that transformers has for the folder's model. */
  readonly architecture: string;
  /** A tied head counts, since it is written out. */
  readonly parameters: number;
  readonly vocabSize: number;
  /** Tokens of the longest sequence. */
  readonly maxSeqLen: number;
  readonly images: boolean;
  /** What was converted, and what was left out, a sentence each. */
  readonly changes: readonly string[];
}

/**
 * Makes a model of ours from a Hugging Face folder as transformers writes it (a Llama, a Mistral or
 * a Mistral3 with a Pixtral tower, in one file of weights or several, of float32, float16 or
 * bfloat16) or from the GGUF file of a Llama.
 *
 * @param out - as in `saveNewModel`: nothing appears in it before the model is complete
 * @throws {CheckpointError} when `source` cannot be loaded, its model is not what this decoder or
 *   tower computes or the engine runs, its tokenizer is no byte-level BPE that is known, or `out` holds something
 */
export async function importModel(source: string, out: string): Promise<ImportReport> {
  await checkNewFolder(out);
  const { architecture, changes, ...model } = await openModel(source);
  const { config } = model;
  if (config.headDim % headDimMultiple !== 0) {
    throw new CheckpointError(
      `${source}: expected a head_dim that is a multiple of ${headDimMultiple}, got ` +
        `${config.headDim}; the engine that generates cannot run it`,
    );
  }
  const chat = await chatChanges(source, model.tokenizer);
  await saveNewModel(out, model);
  return {
    architecture,
    parameters: parameterCounts(config).total,
    vocabSize: config.vocabSize,
    maxSeqLen: config.maxSeqLen,
    images: readsImages(config),
    changes: [...changes, ...chat],
  };
}

/** What becomes of a folder's chat template, where it is not used as it is. */
async function chatChanges(source: string, tokenizer: Tokenizer): Promise<string[]> {
  if (isOwnTokenizer(tokenizer)) {
    if (isGgufPath(source)) return []; // said where it was read
    const { chatTemplate: theirs } = await readTokenizerConfig(source);
    if (theirs === undefined || theirs.trim() === chatTemplate.trim()) return [];
    return ["its chat template was left out: conversations are written as ChatML"];
  }
  try {
    compileTemplate(tokenizer.chat);
    return [];
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return [error.message];
  }
}
