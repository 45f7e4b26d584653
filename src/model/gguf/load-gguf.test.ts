import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointError } from "../../errors.ts";
import { loadModel, saveModel } from "../checkpoint.ts";
import { openModel } from "../open-model.ts";
import { printableBytes } from "../text/byte-alphabet.ts";
import { encodeConversation } from "../text/chat-template.ts";
import { byteTokenizer } from "../text/tokenizer.ts";
import { trainTokenizer } from "../text/train-tokenizer.ts";
import {
  blockConfig,
  blockParameters,
  type GgufContent,
  ggufContent,
  type Typed,
  writeGguf,
} from "./gguf.fixture.ts";
import { loadGguf } from "./load-gguf.ts";

const config = blockConfig;
const parameters = blockParameters();
const tokenizer = byteTokenizer();
const model = { config, parameters, tokenizer };

let path: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  path = join(folder, "tiny.gguf");
});
afterAll(() => rm(folder, { recursive: true }));

describe("a written model comes back", () => {
  test("with the same shape, tensors, tokenizer and chat template", async () => {
    await writeGguf(path, ggufContent(model));
    const loaded = await openModel(path);
    expect(loaded.config).toEqual(config);
    expect(loaded.parameters).toEqual(parameters);
    expect([...loaded.parameters.keys()]).toEqual([...parameters.keys()]);
    expect(loaded.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
    expect(loaded.changes).toEqual([]);
  });

  test("tied, the head is the embedding itself", async () => {
    await writeGguf(path, ggufContent(model, { type: "Q8_0", isTied: true }));
    const { parameters: held } = await loadGguf(path);
    expect(held.get("lm_head.weight")).toBe(held.get("model.embed_tokens.weight"));
    const loaded = await openModel(path);
    const data = (name: string) => loaded.parameters.get(name)!.data;
    expect(data("lm_head.weight")).toBe(data("model.embed_tokens.weight"));
    expect(loaded.changes).toEqual([
      "15 tensors of Q8_0 became F32",
      "the head, tied to the embedding, is written out as a copy of it",
    ]);
  });

  test("with merges and a template of its own", async () => {
    const texts = Array.from(
      { length: 50 },
      (_, i) => `the number ${i} follows ${i - 1}, they say`,
    );
    const trained = await trainTokenizer(texts, { vocabSize: 280 });
    const wide = { ...config, vocabSize: trained.vocabSize };
    const content = ggufContent({
      ...{ config: wide, parameters: blockParameters(wide), tokenizer: trained },
    });
    await writeGguf(path, content);
    const loaded = await loadGguf(path);
    expect(loaded.tokenizer.merges).toHaveLength(14);
    expect(loaded.tokenizer.toJSON()).toEqual(trained.toJSON());
    const template: Typed = ["text", "{{ messages }}"];
    await writeGguf(path, withKeys(content, { "tokenizer.chat_template": template }));
    expect((await loadGguf(path)).changes).toEqual([
      "its chat template was left out: conversations are written as ChatML",
    ]);
  });

  test.each(["F16", "BF16", "Q8_0", "Q4_0", "Q4_1"] as const)("in %s nearly", async (type) => {
    await writeGguf(path, ggufContent(model, { type }));
    const loaded = await openModel(path);
    expect(loaded.changes).toEqual([`16 tensors of ${type} became F32`]);
    for (const [name, { data, shape }] of loaded.parameters) {
      const given = parameters.get(name)!;
      expect(shape).toEqual(given.shape);
      const largest = Math.max(...given.data.map(Math.abs));
      const worst = Math.max(...data.map((value, i) => Math.abs(value - given.data[i]!)));
      expect(worst).toBeLessThanOrEqual(largest / (type.startsWith("Q4") ? 7 : 100));
    }
  });
});

describe("a tokenizer of another family", () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => printableBytes([byte]));
  const tokens = [...bytes, "ab", "<s>", "</s>", "<tool>", "[PAD259]", "<turn>"];
  const types = [...bytes.map(() => 1), 1, 3, 3, 4, 5, 3];
  const keys = (pre: string): GgufContent["metadata"] => ({
    "tokenizer.ggml.model": ["text", "gpt2"],
    "tokenizer.ggml.pre": ["text", pre],
    "tokenizer.ggml.tokens": ["texts", tokens],
    "tokenizer.ggml.token_type": ["i32s", types],
    "tokenizer.ggml.merges": ["texts", ["a b"]],
    "tokenizer.ggml.bos_token_id": ["u32", 257],
    "tokenizer.ggml.eos_token_id": ["u32", 258],
    "tokenizer.ggml.eot_token_id": ["u32", 261],
    "tokenizer.chat_template": ["text", "{{ bos_token }}{{ messages[0].content }}<turn>"],
  });
  const wide = { ...config, vocabSize: tokens.length };
  const content = (pre: string, more: GgufContent["metadata"] = {}) => {
    const { metadata, tensors } = ggufContent({
      ...{ config: wide, parameters: blockParameters(wide), tokenizer },
    });
    const plain = Object.entries(metadata).filter(([key]) => !key.startsWith("tokenizer."));
    return { metadata: { ...Object.fromEntries(plain), ...keys(pre), ...more }, tensors };
  };

  test.each([
    ["gpt-2", []],
    ["smollm", []],
    ["qwen2", []],
    ["llama-bpe", [257]],
    ["tekken", [257]],
  ] as const)("%s: ids, special tokens, what starts a document", async (pre, start) => {
    await writeGguf(path, content(pre));
    const { tokenizer: read } = await openModel(path);
    expect(read.documentStart).toEqual(start);
    expect(read.stopTokens).toEqual([258, 261]);
    expect(read.special).toMatchObject({ bos: 257, eos: 258 });
    expect(read.encode("ab</s>ab<tool>", { parseSpecial: true })).toEqual([256, 258, 256, 259]);
    expect(read.decode([256, 258, 259], { skipSpecial: true })).toBe("ab<tool>");
    expect(read.decode([260])).toBe("");
    const turn = encodeConversation(read, [{ role: "user", content: "ab" }]);
    expect(turn).toEqual([257, 256, 261]);
    // what is saved is read as the same
    const saved = join(folder, `saved-${pre}`);
    await saveModel(saved, await openModel(path));
    const again = (await loadModel(saved)).tokenizer;
    expect(again.documentStart).toEqual(start);
    expect(again.stopTokens).toEqual([258, 261]);
    expect(encodeConversation(again, [{ role: "user", content: "ab" }])).toEqual(turn);
  });

  test("a key says whether documents begin with a token", async () => {
    const says = (value: 0 | 1): GgufContent["metadata"] => ({
      "tokenizer.ggml.add_bos_token": ["bool", value],
    });
    await writeGguf(path, content("gpt-2", says(1)));
    expect((await loadGguf(path)).tokenizer.documentStart).toEqual([257]);
    await writeGguf(path, content("llama-bpe", says(0)));
    expect((await loadGguf(path)).tokenizer.documentStart).toEqual([]);
  });
});

describe("refused, with the file, the key or tensor and what to do", () => {
  const whole = ggufContent(model);
  const without = (key: string): GgufContent => {
    const { [key]: _, ...metadata } = whole.metadata;
    return { ...whole, metadata };
  };
  const key = (name: string, value: Typed): GgufContent => withKeys(whole, { [name]: value });
  const cases: [string, GgufContent, RegExp][] = [
    [
      "another architecture",
      key("general.architecture", ["text", "qwen2"]),
      /the key general.architecture to be llama, got qwen2/,
    ],
    ["a missing key", without("llama.block_count"), /llama.block_count to be a number, got none/],
    [
      "a key of another type",
      key("llama.context_length", ["text", "long"]),
      /llama.context_length to be a number, got long/,
    ],
    [
      "experts",
      key("llama.expert_count", ["u32", 8]),
      /llama.expert_count to be 0 or missing, got 8/,
    ],
    [
      "scaled RoPE",
      key("llama.rope.scaling.type", ["text", "yarn"]),
      /scaling.type to be none, got yarn/,
    ],
    [
      "partial RoPE",
      key("llama.rope.dimension_count", ["u32", 8]),
      /the size of a head, 16, got 8/,
    ],
    [
      "layers of different heads",
      key("llama.attention.head_count_kv", ["i32s", [2, 1]]),
      /head_count_kv to be a number, got an array of 2/,
    ],
    [
      "no heads",
      key("llama.attention.head_count", ["u32", 0]),
      /heads must be a whole number >= 1/,
    ],
    [
      "a layer too many",
      key("llama.block_count", ["u32", 3]),
      /blk.2.attn_norm.weight: expected \[32\], missing; .*take a whole file/,
    ],
    [
      "another width",
      key("llama.feed_forward_length", ["u32", 96]),
      /blk.0.ffn_gate.weight: expected \[96, 32\], got \[64, 32\]/,
    ],
    [
      "a tensor of another model",
      {
        ...whole,
        tensors: { ...whole.tensors, "blk.0.attn_q.bias": whole.tensors["output_norm.weight"]! },
      },
      /blk.0.attn_q.bias: not of a plain Llama/,
    ],
    [
      "factors of RoPE",
      {
        ...whole,
        tensors: { ...whole.tensors, "rope_freqs.weight": whole.tensors["output_norm.weight"]! },
      },
      /rope_freqs.weight: scaled RoPE is not computed here/,
    ],
    [
      "SentencePiece",
      key("tokenizer.ggml.model", ["text", "llama"]),
      /tokenizer.ggml.model to be gpt2, which is byte-level BPE, got llama/,
    ],
    [
      "words cut in a way that is not known",
      key("tokenizer.ggml.pre", ["text", "default"]),
      /tokenizer.ggml.pre to be one of gpt-2, smollm, .*, got default/,
    ],
    [
      "no merges",
      without("tokenizer.ggml.merges"),
      /tokenizer.ggml.merges to be an array of texts/,
    ],
    [
      "types of fewer tokens",
      key("tokenizer.ggml.token_type", ["i32s", [1]]),
      /token_type to be an array of 266, got an array of 1/,
    ],
    [
      "a special token that is none",
      key("tokenizer.ggml.eos_token_id", ["u32", 266]),
      /eos_token_id to be an id from 0 to 265, got 266/,
    ],
    [
      "a merge of unknown tokens",
      key("tokenizer.ggml.merges", ["texts", ["foo bar"]]),
      /foobar|which is/,
    ],
    [
      "more tokens than rows",
      ggufContent({
        ...model,
        config: { ...config, vocabSize: 200 },
        parameters: blockParameters({ ...config, vocabSize: 200 }),
      }),
      /tokenizer.ggml.tokens to be an array of 200, the model's tokens, got an array of 266/,
    ],
  ];

  test.each(cases)("%s", async (_, content, message) => {
    await writeGguf(path, content);
    const loaded = loadGguf(path);
    await expect(loaded).rejects.toThrow(CheckpointError);
    await expect(loaded).rejects.toThrow(message);
    await expect(loaded).rejects.toThrow(path);
  });
});

function withKeys(content: GgufContent, metadata: GgufContent["metadata"]): GgufContent {
  return { ...content, metadata: { ...content.metadata, ...metadata } };
}
