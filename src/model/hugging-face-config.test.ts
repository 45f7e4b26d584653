import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { dial } from "./dial.ts";
import {
  huggingFaceConfig,
  huggingFaceGenerationConfig,
  readHuggingFaceConfig,
} from "./hugging-face-config.ts";
import { otherTokenIds } from "./llama-config.ts";
import { ownTokenUse } from "./text/special-tokens.ts";

const { model } = dial(6, { vocabSize: 300 });
const written: Record<string, unknown> = { ...huggingFaceConfig(model) };

describe("huggingFaceConfig", () => {
  it("is read back as the same model", () => {
    const content: unknown = JSON.parse(JSON.stringify(written));
    expect(readHuggingFaceConfig("config.json", content)).toMatchObject({
      architecture: "LlamaForCausalLM",
      model,
      isHeadTied: false,
      changes: [],
    });
  });

  it("has the fields of transformers 5, and those that version 4 looks for", () => {
    expect(written).toMatchObject({
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_size: 64,
      head_dim: 16,
      num_key_value_heads: 2,
      rope_parameters: { rope_type: "default", rope_theta: 10_000 },
      rope_theta: 10_000,
      tie_word_embeddings: false,
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 0,
    });
  });

  it("lets generation end at a document's and at a turn's end", () => {
    expect(huggingFaceGenerationConfig(ownTokenUse)).toMatchObject({
      eos_token_id: [2, 4],
      do_sample: false,
    });
  });
});

describe("readHuggingFaceConfig", () => {
  it("fills in what version 4 left out", () => {
    const { rope_parameters: _, head_dim: __, num_key_value_heads: ___, ...old } = written;
    const read = readHuggingFaceConfig("config.json", { ...old, rope_theta: 500_000 });
    expect(read.model).toMatchObject({ ropeTheta: 500_000, headDim: 16, kvHeads: 4 });
  });

  it("takes transformers' own epsilon where none is written", () => {
    const { rms_norm_eps: _, ...rest } = written;
    expect(readHuggingFaceConfig("config.json", rest).model.rmsNormEps).toBe(1e-6);
  });

  it("says which special tokens of the file are not taken", () => {
    const content = { ...written, bos_token_id: 7, eos_token_id: [2, 9], pad_token_id: null };
    const read = readHuggingFaceConfig("config.json", content);
    expect(otherTokenIds(read, ownTokenUse)).toEqual([
      "bos_token_id 7 was left out: the tokenizer has it at 1",
      "eos_token_id [2,9] was left out: the tokenizer has it at 2",
    ]);
  });

  it("says when the head is the embedding", () => {
    const tied = readHuggingFaceConfig("config.json", { ...written, tie_word_embeddings: true });
    expect(tied.isHeadTied).toBe(true);
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { architectures: ["Qwen3ForCausalLM"] },
      "LlamaForCausalLM or MistralForCausalLM or Mistral3ForConditionalGeneration, got Qwen3ForCausalLM",
    ],
    [
      { architectures: undefined, model_type: "gpt2" },
      "LlamaForCausalLM or MistralForCausalLM or Mistral3ForConditionalGeneration, got gpt2",
    ],
    [
      { architectures: undefined, model_type: undefined },
      "LlamaForCausalLM or MistralForCausalLM or Mistral3ForConditionalGeneration, got none",
    ],
    [{ hidden_size: undefined }, "hidden_size"],
    [{ num_hidden_layers: 0 }, "num_hidden_layers"],
    [{ hidden_act: "gelu" }, 'expected silu, got "gelu"\n  → at hidden_act'],
    [{ attention_bias: true }, "expected false, got true\n  → at attention_bias"],
    [{ mlp_bias: true }, "expected false, got true\n  → at mlp_bias"],
    [
      { quantization_config: { quant_method: "awq" } },
      'expected no quantization_config, got {"quant_method":"awq"}',
    ],
    [{ num_key_value_heads: 3 }, "4 heads and 3 kvHeads"],
    [{ rope_parameters: { rope_type: "yarn" } }, "(rope_parameters.rope_type default), got yarn"],
    [{ rope_scaling: { type: "linear" } }, "(rope_scaling.rope_type default), got linear"],
    [
      { rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } },
      "expected 1, got 0.5\n  → at rope_parameters.partial_rotary_factor",
    ],
  ])("refuses %o", (change, message) => {
    const read = () => readHuggingFaceConfig("/model/config.json", { ...written, ...change });
    expect(read).toThrow(CheckpointError);
    expect(read).toThrow("/model/config.json: ");
    expect(read).toThrow(message);
  });

  it.each([[null], [[]], ["text"], [3]])("refuses %o, which is not an object", (content) => {
    expect(() => readHuggingFaceConfig("config.json", content)).toThrow(CheckpointError);
  });
});
