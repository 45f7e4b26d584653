import { describe, expect, it } from "vitest";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";

const config: ModelConfig = {
  vocabSize: 32,
  embedDim: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  mlpDim: 24,
  maxSeqLen: 8,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
};

describe("parameterSpecs", () => {
  const specs = parameterSpecs(config);

  it("has the names, shapes, roles and order of Hugging Face's Llama", () => {
    expect(specs.slice(0, 10)).toEqual([
      { name: "model.embed_tokens.weight", shape: [32, 16], role: "embedding" },
      { name: "model.layers.0.input_layernorm.weight", shape: [16], role: "norm" },
      { name: "model.layers.0.self_attn.q_proj.weight", shape: [32, 16], role: "query" },
      { name: "model.layers.0.self_attn.k_proj.weight", shape: [16, 16], role: "hidden" },
      { name: "model.layers.0.self_attn.v_proj.weight", shape: [16, 16], role: "hidden" },
      { name: "model.layers.0.self_attn.o_proj.weight", shape: [16, 32], role: "residual" },
      { name: "model.layers.0.post_attention_layernorm.weight", shape: [16], role: "norm" },
      { name: "model.layers.0.mlp.gate_proj.weight", shape: [24, 16], role: "hidden" },
      { name: "model.layers.0.mlp.up_proj.weight", shape: [24, 16], role: "hidden" },
      { name: "model.layers.0.mlp.down_proj.weight", shape: [16, 24], role: "residual" },
    ]);
    expect(specs[10]?.name).toBe("model.layers.1.input_layernorm.weight");
    expect(specs.slice(-2)).toEqual([
      { name: "model.norm.weight", shape: [16], role: "norm" },
      { name: "lm_head.weight", shape: [32, 16], role: "head" },
    ]);
  });

  it("has 9 tensors a block and 3 beside, each name once", () => {
    expect(specs).toHaveLength(2 * 9 + 3);
    expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length);
  });
});
