import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { dial } from "./dial.ts";
import { readHuggingFaceConfig } from "./hugging-face-config.ts";
import { llamaFields } from "./llama-config.ts";

const { model } = dial(6, { vocabSize: 300 });
const written = {
  ...llamaFields(model, {}),
  architectures: ["MistralForCausalLM"],
  model_type: "mistral",
  sliding_window: null as number | null | undefined,
};
const read = (change: object = {}) =>
  readHuggingFaceConfig("/model/config.json", { ...written, ...change });

describe("readHuggingFaceConfig of a Mistral", () => {
  it("is the Llama that computes the same", () => {
    expect(read()).toMatchObject({
      architecture: "MistralForCausalLM",
      model,
      isHeadTied: false,
      changes: ["a Mistral is written as the Llama that computes the same"],
    });
  });

  it("may have a window as long as the context", () => {
    const { changes } = read({ sliding_window: model.maxSeqLen });
    expect(changes[0]).toContain(`sliding_window ${model.maxSeqLen} hides nothing`);
  });

  it("has transformers' default of key heads", () => {
    const eight = { num_attention_heads: 16, num_key_value_heads: undefined };
    expect(read(eight).model.kvHeads).toBe(8);
    expect(read({ num_key_value_heads: null }).model.kvHeads).toBe(model.heads);
  });

  it.each([
    [{ sliding_window: 8 }, "got 8; this decoder looks at the whole context"],
    [{ sliding_window: undefined, max_position_embeddings: 8192 }, "8192, got 4096;"],
    [{ sliding_window: "long" }, "sliding_window"],
    [{ hidden_act: "gelu" }, 'expected silu, got "gelu"'],
  ])("refuses %o", (change, message) => {
    expect(() => read(change)).toThrow(CheckpointError);
    expect(() => read(change)).toThrow(message);
  });
});
