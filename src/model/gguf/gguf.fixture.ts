import { writeFile } from "node:fs/promises";
import { Random } from "../../statistics/random.ts";
import { elementCount, float16Bits, float16Value } from "../../tensor/dtype.ts";
import { blockLength } from "../../tensor/quantised.ts";
import type { ModelConfig } from "../config.ts";
import { parameterSpecs } from "../parameters.ts";
import { printableBytes } from "../text/byte-alphabet.ts";
import { chatTemplate } from "../text/chat.ts";
import { firstByteToken, specialTokens } from "../text/special-tokens.ts";
import { byteTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import { ggufNames, rowsOfHeads } from "./tensor-names.ts";
import { type TensorTypeName, tensorTypes } from "./tensor-types.ts";

/** A value of the metadata with its type's number; a list is an array of one type. */
export type Typed =
  | readonly [type: "u32" | "i32" | "f32" | "u64" | "bool" | "u8" | "f64", value: number]
  | readonly [type: "text", value: string]
  | readonly [type: "texts", value: readonly string[]]
  | readonly [type: "i32s", value: readonly number[]]
  | readonly [type: "raw", value: Buffer];

/** A tensor as it is written. */
export interface WrittenTensor {
  readonly shape: readonly number[];
  readonly type: number;
  readonly data: Buffer;
}

/** What a file holds; `version` is 3. */
export interface GgufContent {
  readonly metadata: Readonly<Record<string, Typed>>;
  readonly tensors: Readonly<Record<string, WrittenTensor>>;
  readonly version?: number;
}

/** A Llama over bytes whose rows are whole blocks, grouped heads included. */
export const blockConfig: ModelConfig = {
  ...{ vocabSize: byteTokenizer().vocabSize, embedDim: 32, layers: 2, heads: 4, kvHeads: 2 },
  ...{ headDim: 16, mlpDim: 64, maxSeqLen: 64, ropeTheta: 500_000, rmsNormEps: 1e-5 },
};

/** Random parameters, large enough for logits that differ by whole nats. */
export function blockParameters(
  config: ModelConfig = blockConfig,
): Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }> {
  const random = new Random(1);
  return new Map(
    parameterSpecs(config).map(({ name, shape, role }) => {
      const scale = role === "embedding" ? 1 : 2 * shape.at(-1)! ** -0.5;
      const value = () => (role === "norm" ? 1 : scale * random.normal());
      return [name, { shape, data: Float32Array.from({ length: elementCount(shape) }, value) }];
    }),
  );
}

const alignment = 32;

/** The bytes of a GGUF file. */
export function ggufBytes({ metadata, tensors, version = 3 }: GgufContent): Buffer {
  const entries = Object.entries(tensors);
  const keys = Object.entries(metadata);
  const parts = [Buffer.from("GGUF"), u32(version), u64(entries.length), u64(keys.length)];
  for (const [key, value] of keys) parts.push(text(key), typed(value));
  let offset = 0;
  for (const [name, { shape, type, data }] of entries) {
    parts.push(
      text(name),
      u32(shape.length),
      ...shape.toReversed().map(u64),
      u32(type),
      u64(offset),
    );
    offset += padded(data).length;
  }
  return Buffer.concat([
    padded(Buffer.concat(parts)),
    ...entries.map(([, { data }]) => padded(data)),
  ]);
}

/** A model as the file that llama.cpp's converter makes of it. */
export function ggufContent(
  model: {
    readonly config: ModelConfig;
    readonly parameters: ReadonlyMap<string, { readonly data: Float32Array }>;
    readonly tokenizer: Tokenizer;
  },
  options: { readonly type?: TensorTypeName; readonly isTied?: boolean } = {},
): GgufContent {
  const { config, parameters, tokenizer } = model;
  const names = ggufNames(config);
  const tensors: Record<string, WrittenTensor> = {};
  for (const { name, shape, role } of parameterSpecs(config)) {
    const { stored, turnedHeads } = names.get(name)!;
    if (role === "head" && options.isTied === true) continue;
    const data = turnedBack(parameters.get(name)!.data, shape, turnedHeads);
    const type = role === "norm" ? "F32" : (options.type ?? "F32");
    tensors[stored] = { shape, type: tensorTypes[type].id, data: encoders[type](data) };
  }
  return { metadata: { ...llamaKeys(config), ...tokenizerKeys(tokenizer) }, tensors };
}

/** Writes a file. */
export async function writeGguf(path: string, content: GgufContent): Promise<void> {
  await writeFile(path, ggufBytes(content));
}

function llamaKeys(config: ModelConfig): GgufContent["metadata"] {
  return {
    "general.architecture": ["text", "llama"],
    "llama.block_count": ["u32", config.layers],
    "llama.context_length": ["u32", config.maxSeqLen],
    "llama.embedding_length": ["u32", config.embedDim],
    "llama.feed_forward_length": ["u32", config.mlpDim],
    "llama.attention.head_count": ["u32", config.heads],
    "llama.attention.head_count_kv": ["u32", config.kvHeads],
    "llama.attention.key_length": ["u32", config.headDim],
    "llama.attention.value_length": ["u32", config.headDim],
    "llama.attention.layer_norm_rms_epsilon": ["f32", config.rmsNormEps],
    "llama.rope.freq_base": ["f32", config.ropeTheta],
    "llama.rope.dimension_count": ["u32", config.headDim],
    "llama.vocab_size": ["u32", config.vocabSize],
  };
}

/** Keys of a tokenizer that foretoken trained. */
function tokenizerKeys(tokenizer: Tokenizer): GgufContent["metadata"] {
  const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
  const spelling = (id: number) =>
    id < firstByteToken ? tokenizer.decode([id]) : printableBytes(tokenizer.decodeBytes([id]));
  return {
    "tokenizer.ggml.model": ["text", "gpt2"],
    "tokenizer.ggml.pre": ["text", "smollm"],
    "tokenizer.ggml.tokens": ["texts", ids.map(spelling)],
    "tokenizer.ggml.token_type": ["i32s", ids.map((id) => (id < firstByteToken ? 3 : 1))],
    "tokenizer.ggml.merges": [
      "texts",
      tokenizer.merges.map((pair) => pair.map(spelling).join(" ")),
    ],
    "tokenizer.ggml.bos_token_id": ["u32", specialTokens.bos],
    "tokenizer.ggml.eos_token_id": ["u32", specialTokens.eos],
    "tokenizer.ggml.add_bos_token": ["bool", 1],
    "tokenizer.chat_template": ["text", chatTemplate],
  };
}

function turnedBack(data: Float32Array, shape: readonly number[], heads: number): Float32Array {
  if (heads === 0) return data;
  const [rows, width] = shape as [number, number];
  const result = new Float32Array(data.length);
  for (const [row, stored] of rowsOfHeads(heads, rows / heads).entries()) {
    result.set(data.subarray(row * width, (row + 1) * width), stored * width);
  }
  return result;
}

/** Writes floats as each element type. */
export const encoders: { readonly [name in TensorTypeName]: (data: Float32Array) => Buffer } = {
  F32: (data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  F16: (data) => Buffer.from(Uint16Array.from(data, float16Bits).buffer),
  BF16: (data) => Buffer.from(Uint16Array.from(new Uint32Array(data.slice().buffer), upper).buffer),
  Q8_0: (data) =>
    inBlocks(data, (values) => {
      const scale = half(Math.max(...values.map(Math.abs)) / 127);
      const q = Int8Array.from(values, (value) => (scale === 0 ? 0 : Math.round(value / scale)));
      return [halfBytes(scale), Buffer.from(q.buffer)];
    }),
  Q4_0: (data) =>
    inBlocks(data, (values) => {
      const largest = values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      const scale = half(largest / -8);
      return [halfBytes(scale), halvesOf(values.map((value) => value / scale + 8))];
    }),
  Q4_1: (data) =>
    inBlocks(data, (values) => {
      const minimum = half(Math.min(...values));
      const scale = half((Math.max(...values) - minimum) / 15);
      const q = values.map((value) => (value - minimum) / scale);
      return [halfBytes(scale), halfBytes(minimum), halvesOf(q)];
    }),
};

function upper(bits: number): number {
  return bits >>> 16;
}

function half(value: number): number {
  return float16Value(float16Bits(value));
}

function halfBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(float16Bits(value));
  return bytes;
}

/** Values i and i + 16 in one byte. */
function halvesOf(values: readonly number[]): Buffer {
  const q = values.map((value) => Math.min(15, Math.max(0, Math.round(value))));
  return Buffer.from(q.slice(0, 16).map((low, i) => low | (q[i + 16]! << 4)));
}

function inBlocks(
  data: Float32Array,
  encode: (values: readonly number[]) => readonly Buffer[],
): Buffer {
  const blocks = Array.from({ length: data.length / blockLength }, (_, block) =>
    Buffer.concat(encode([...data.subarray(block * blockLength, (block + 1) * blockLength)])),
  );
  return Buffer.concat(blocks);
}

function typed([type, value]: Typed): Buffer {
  if (type === "raw") return value;
  if (type === "text") return Buffer.concat([u32(8), text(value)]);
  if (type === "texts") {
    return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(text)]);
  }
  if (type === "i32s") {
    const items = Buffer.from(Int32Array.from(value).buffer);
    return Buffer.concat([u32(9), u32(5), u64(value.length), items]);
  }
  const [id, bytes] = scalars[type](value);
  return Buffer.concat([u32(id), bytes]);
}

type ScalarType = Exclude<Typed[0], "raw" | "text" | "texts" | "i32s">;

const scalars: Readonly<Record<ScalarType, (value: number) => readonly [number, Buffer]>> = {
  u8: (value) => [0, Buffer.of(value)],
  u32: (value) => [4, u32(value)],
  i32: (value) => [5, Buffer.from(Int32Array.of(value).buffer)],
  f32: (value) => [6, Buffer.from(Float32Array.of(value).buffer)],
  bool: (value) => [7, Buffer.of(value)],
  u64: (value) => [10, u64(value)],
  f64: (value) => [12, Buffer.from(Float64Array.of(value).buffer)],
};

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function u64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function padded(bytes: Buffer): Buffer {
  const length = Math.ceil(bytes.length / alignment) * alignment;
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}
