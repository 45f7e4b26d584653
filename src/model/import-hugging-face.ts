import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { headDimMultiple } from "../tensor/cached-attention.ts";
import { errorCode } from "../workspace/atomic-file.ts";
import { checkNewFolder, loadModel, saveNewModel } from "./checkpoint.ts";
import { parameterCounts } from "./counts.ts";
import { readsImages } from "./stored-names.ts";
import { chatTemplate } from "./text/chat.ts";

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
 * Makes a model of ours from a Hugging Face folder as transformers writes it: a Llama, a Mistral or
 * a Mistral3 with a Pixtral tower, in one file of weights or several, of float32, float16 or
 * bfloat16.
 *
 * @param out - as in `saveNewModel`: nothing appears in it before the model is complete
 * @throws {CheckpointError} when `folder` cannot be loaded, its model is not what this decoder or
 *   tower computes or the engine runs, its tokenizer is of another family, or `out` holds something
 */
export async function importHuggingFace(folder: string, out: string): Promise<ImportReport> {
  await checkNewFolder(out);
  const { architecture, changes, ...model } = await loadModel(folder);
  const { config } = model;
  if (config.headDim % headDimMultiple !== 0) {
    throw new CheckpointError(
      `${folder}: expected a head_dim that is a multiple of ${headDimMultiple}, got ` +
        `${config.headDim}; the engine that generates cannot run it`,
    );
  }
  const chatChanges = await otherChatTemplate(folder);
  await saveNewModel(out, model);
  return {
    architecture,
    parameters: parameterCounts(config).total,
    vocabSize: config.vocabSize,
    maxSeqLen: config.maxSeqLen,
    images: readsImages(config),
    changes: [...changes, ...chatChanges],
  };
}

const tokenizerConfig = z.looseObject({ chat_template: z.string() });

async function otherChatTemplate(folder: string): Promise<string[]> {
  const content = await readText(join(folder, "tokenizer_config.json"));
  const theirs =
    (await readText(join(folder, "chat_template.jinja"))) ??
    tokenizerConfig.safeParse(parsed(content)).data?.chat_template;
  if (theirs === undefined || theirs.trim() === chatTemplate.trim()) return [];
  return ["its chat template was left out: conversations are written as ChatML"];
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A broken file has no template; nothing else is taken from it. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
