import { CheckpointError, DataError } from "../../errors.ts";
import type { ModelConfig } from "../config.ts";
import { parameterSpecs } from "../parameters.ts";
import { type HeldParameter, isQuantised } from "../quantised-matrix.ts";
import { chatTemplate } from "../text/chat.ts";
import { isOwnTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { llamaConfig } from "./llama-metadata.ts";
import { GgufMetadata } from "./metadata.ts";
import { type GgufFile, openGguf } from "./open-gguf.ts";
import { type GgufName, ggufNames, rowsOfHeads } from "./tensor-names.ts";
import type { TensorTypeName } from "./tensor-types.ts";
import { ggufTokenizer } from "./tokenizer.ts";

/** A model as its GGUF file holds it. */
export interface GgufModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /**
   * By Hugging Face name, in the order of `parameterSpecs`; a tied head is the same object as the
   * embedding.
   */
  readonly parameters: ReadonlyMap<string, HeldParameter>;
  /** Element types of the file's tensors, one for each. */
  readonly types: readonly TensorTypeName[];
  /** What is in another form here than in the file, beside element types; a sentence each. */
  readonly changes: readonly string[];
}

const embedding = "model.embed_tokens.weight";
const head = "lm_head.weight";

/** RoPE's factors of extended contexts. */
const ropeFactors = "rope_freqs.weight";

/** How many faults a message lists before it only counts them. */
const listedFaults = 20;

/**
 * Loads a Llama from a GGUF file: quantised matrices stay quantised, queries and keys are in the
 * order of half-split RoPE.
 *
 * @throws {CheckpointError} naming the key or tensor, when the file is broken, not a plain Llama
 *   with a byte-level BPE tokenizer, or has tensors of a type that is not read
 */
export async function loadGguf(path: string): Promise<GgufModel> {
  const file = await openGguf(path);
  try {
    const metadata = new GgufMetadata(path, file.metadata);
    const rows = file.entries.get("token_embd.weight")?.shape[0];
    const config = llamaConfig(metadata, rows ?? metadata.number("llama.vocab_size", 1));
    const isTied = !file.entries.has("output.weight");
    checkTensors(file, config, isTied);
    const tokenizer = readTokenizer(metadata, config);
    const parameters = await readParameters(file, config, isTied);
    const types = [...file.entries.values()].map(({ type }) => type);
    const changes = changesOf(metadata, tokenizer, isTied);
    return { config, tokenizer, parameters, types, changes };
  } finally {
    await file.close();
  }
}

function checkTensors({ path, entries }: GgufFile, config: ModelConfig, isTied: boolean): void {
  const names = ggufNames(config);
  const faults: string[] = [];
  for (const { name, shape } of parameterSpecs(config)) {
    const { stored } = names.get(name)!;
    const got = entries.get(stored)?.shape.join(", ");
    if (got === shape.join(", ") || (name === head && isTied)) continue;
    const came = got === undefined ? "missing" : `got [${got}]`;
    faults.push(`${stored}: expected [${shape.join(", ")}], ${came}`);
  }
  const known = new Set([...names.values()].map(({ stored }) => stored));
  for (const name of entries.keys()) {
    if (name === ropeFactors) faults.push(`${name}: scaled RoPE is not computed here`);
    else if (!known.has(name)) faults.push(`${name}: not of a plain Llama`);
  }
  if (faults.length === 0) return;
  const rest = faults.length - listedFaults;
  throw new CheckpointError(
    `${path}: the tensors are not those of the Llama that the keys tell of: ` +
      `${faults.slice(0, listedFaults).join("; ")}${rest > 0 ? `; and ${rest} more` : ""}; take a ` +
      "whole file of a plain Llama",
  );
}

function readTokenizer(metadata: GgufMetadata, { vocabSize }: ModelConfig): Tokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = ggufTokenizer(metadata);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new CheckpointError(error.message, { cause: error });
  }
  if (tokenizer.vocabSize <= vocabSize) return tokenizer;
  throw metadata.refused("tokenizer.ggml.tokens", `an array of ${vocabSize}, the model's tokens`);
}

async function readParameters(
  file: GgufFile,
  config: ModelConfig,
  isTied: boolean,
): Promise<ReadonlyMap<string, HeldParameter>> {
  const names = ggufNames(config);
  const parameters = new Map<string, HeldParameter>();
  for (const { name, shape } of parameterSpecs(config)) {
    const isCopied = name === head && isTied;
    const read = async () => turned(await file.read(names.get(name)!.stored), names.get(name)!);
    const held = isCopied ? parameters.get(embedding)! : await read();
    // a vector in blocks was read as a matrix of one row
    parameters.set(name, isQuantised(held) ? held : { shape, data: held.data });
  }
  return parameters;
}

/** Rows of heads in the order that half-split RoPE turns. */
function turned(parameter: HeldParameter, { turnedHeads }: GgufName): HeldParameter {
  if (turnedHeads === 0) return parameter;
  const rows = parameter.shape[0]!;
  const order = rowsOfHeads(turnedHeads, rows / turnedHeads);
  if (!isQuantised(parameter)) return { ...parameter, data: reordered(parameter.data, order) };
  const { blocks, scales, minima } = parameter;
  return {
    ...parameter,
    blocks: reordered(blocks, order),
    scales: reordered(scales, order),
    minima: minima && reordered(minima, order),
  };
}

function reordered<Values extends Float32Array | Uint8Array>(
  values: Values,
  order: Int32Array,
): Values {
  const width = values.length / order.length;
  const result = values.slice() as Values;
  for (const [row, from] of order.entries()) {
    result.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return result;
}

function changesOf(metadata: GgufMetadata, tokenizer: Tokenizer, isTied: boolean): string[] {
  const theirs = metadata.optionalText("tokenizer.chat_template");
  const isLeftOut =
    isOwnTokenizer(tokenizer) && theirs !== undefined && theirs.trim() !== chatTemplate.trim();
  return [
    ...(isTied ? ["the head, tied to the embedding, is written out as a copy of it"] : []),
    ...(isLeftOut ? ["its chat template was left out: conversations are written as ChatML"] : []),
  ];
}
