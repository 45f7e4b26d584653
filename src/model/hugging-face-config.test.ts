import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { dial } from "./dial.ts";
import {
  huggingFaceConfig,
  huggingFaceGenerationConfig,
  readHuggingFaceConfig,
} from "./hugging-face-config.ts";

const { model } = dial(6, { vocabSize: 300 });
const written: Record<string, unknown> = { ...huggingFaceConfig(model) };

describe("huggingFaceConfig", () => {
  it("is read back as the same model", () => {
    const content: unknown = JSON.parse(JSON.stringify(written));
    expect(readHuggingFaceConfig("config.json", content)).toEqual({ model, isHeadTied: false });
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
    expect(huggingFaceGenerationConfig()).toMatchObject({ eos_token_id: [2, 4], do_sample: false });
  });
});

describe("readHuggingFaceConfig", () => {
  it("fills in what version 4 left out", () => {
    const { rope_parameters: _, head_dim: __, num_key_value_heads: ___, ...old } = written;
    const read = readHuggingFaceConfig("config.json", { ...old, rope_theta: 500_000 });
    expect(read.model).toMatchObject({ ropeTheta: 500_000, headDim: 16, kvHeads: 4 });
  });

  it("says when the head is the embedding", () => {
    const tied = readHuggingFaceConfig("config.json", { ...written, tie_word_embeddings: true });
    expect(tied.isHeadTied).toBe(true);
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { architectures: ["Qwen3ForCausalLM"] },
      "LlamaForCausalLM or Mistral3ForConditionalGeneration, got Qwen3ForCausalLM",
    ],
    [
      { architectures: undefined, model_type: "gpt2" },
      "LlamaForCausalLM or Mistral3ForConditionalGeneration, got gpt2",
    ],
    [
      { architectures: undefined, model_type: undefined },
      "LlamaForCausalLM or Mistral3ForConditionalGeneration, got none",
    ],
    [{ hidden_size: undefined }, "hidden_size"],
    [{ num_hidden_layers: 0 }, "num_hidden_layers"],
    [{ hidden_act: "gelu" }, "hidden_act"],
    [{ attention_bias: true }, "attention_bias"],
    [{ num_key_value_heads: 3 }, "4 heads and 3 kvHeads"],
    [{ rope_parameters: { rope_type: "yarn" } }, "rope_type default), got yarn"],
    [{ rope_parameters: undefined, rope_scaling: { type: "linear" } }, "got linear"],
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
