import { describe, expect, it } from "vitest";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";
import {
  type TensorRule,
  type TransferSettings,
  transferDefaults,
  transferRule,
} from "./transfer.ts";

// The base shape, at which every factor is 1.
const base: ModelConfig = {
  vocabSize: 1024,
  embedDim: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  mlpDim: 176,
  maxSeqLen: 128,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
};
const wide = { ...base, embedDim: 256, heads: 16, kvHeads: 8, mlpDim: 704 };
const deep = { ...base, layers: 8 };

function rule(suffix: string, config: ModelConfig, settings?: TransferSettings): TensorRule {
  const spec = parameterSpecs(config).find(({ name }) => name.endsWith(`${suffix}.weight`));
  if (spec === undefined) throw new Error(`no tensor ends with ${suffix}`);
  return transferRule(spec, config, settings);
}

const blockMatrices = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

describe("transferRule", () => {
  it("gives image patches, as many pixels at every width, one rate", () => {
    const tower = { embedDim: 32, layers: 2, heads: 2, headDim: 16, mlpDim: 96, longestSide: 96 };
    const narrow = rule("patch_conv", { ...base, vision: tower });
    const wider = { ...tower, embedDim: 128, heads: 8 };
    expect(rule("patch_conv", { ...wide, vision: wider })).toEqual(narrow);
    expect(narrow.learningRateScale).toBe(transferDefaults.patchLearningRate);
    expect(narrow.initStd).toBe(1 / Math.sqrt(768));
  });

  it("lets the tower and the projector learn more slowly than blocks of the same shape", () => {
    const tower = { embedDim: 64, layers: 2, heads: 4, headDim: 16, mlpDim: 176, longestSide: 96 };
    const seeing = { ...base, vision: tower };
    const { towerLearningRate } = transferDefaults;
    for (const name of ["linear_1", "linear_2", "ln_pre", "0.feed_forward.up_proj"]) {
      expect(rule(name, seeing).learningRateScale).toBe(towerLearningRate);
    }
    expect(rule("model.layers.0.mlp.up_proj", seeing).learningRateScale).toBe(1);
    expect(rule("lm_head", seeing)).toEqual(rule("lm_head", base));
  });

  it("has every factor at 1 in the base shape", () => {
    for (const name of blockMatrices) expect(rule(name, base).learningRateScale).toBe(1);
    expect(rule("lm_head", base).learningRateScale).toBe(transferDefaults.headLearningRate);
    expect(rule("k_proj", base).initStd).toBe(1 / 8);
    expect(rule("o_proj", base).initStd).toBe(1 / 8);
    expect(rule("down_proj", base).initStd).toBeCloseTo(1 / Math.sqrt(176), 12);
  });

  it("with 4x the width quarters the rate of matrices and halves their initial values", () => {
    for (const name of blockMatrices) {
      expect(rule(name, wide).learningRateScale).toBeCloseTo(0.25, 12);
      expect(rule(name, wide).initStd).toBeCloseTo(rule(name, base).initStd / 2, 12);
    }
    expect(rule("lm_head", wide).learningRateScale).toBe(transferDefaults.headLearningRate / 4);
  });

  it("leaves embedding and norms alone in width", () => {
    expect(rule("embed_tokens", wide)).toEqual(rule("embed_tokens", base));
    expect(rule("input_layernorm", wide)).toEqual(rule("input_layernorm", base));
    expect(rule("model.norm", wide)).toEqual(rule("model.norm", base));
  });

  it("starts query and head at zero", () => {
    for (const config of [base, wide, deep]) {
      expect(rule("q_proj", config).initStd).toBe(0);
      expect(rule("lm_head", config).initStd).toBe(0);
    }
  });

  it("with 4x the layers halves branches and block rates (square root rule)", () => {
    for (const name of ["o_proj", "down_proj"]) {
      expect(rule(name, deep).initStd).toBeCloseTo(rule(name, base).initStd / 2, 12);
      expect(rule(name, deep).learningRateScale).toBeCloseTo(1 / 4, 12);
    }
    for (const name of ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj", "input_layernorm"]) {
      expect(rule(name, deep).initStd).toBe(rule(name, base).initStd);
      expect(rule(name, deep).learningRateScale).toBeCloseTo(
        rule(name, base).learningRateScale / 2,
        12,
      );
    }
    for (const name of ["embed_tokens", "lm_head", "model.norm"]) {
      expect(rule(name, deep)).toEqual(rule(name, base));
    }
  });

  it("offers CompleteP: branches by 1/L, block rates unchanged", () => {
    const completeP = { ...transferDefaults, depthExponent: 1 };
    expect(rule("down_proj", deep, completeP).learningRateScale).toBeCloseTo(1 / 4, 12);
    expect(rule("down_proj", deep, completeP).initStd).toBeCloseTo(
      rule("down_proj", base).initStd / 4,
      12,
    );
    expect(rule("up_proj", deep, completeP)).toEqual(rule("up_proj", base));
  });

  it("takes µP's 1/headDim into the query alone", () => {
    const settings = { ...transferDefaults, queryGain: 1 };
    const tall = { ...base, heads: 1, kvHeads: 1, headDim: 64 };
    expect(rule("q_proj", tall, settings).initStd).toBeCloseTo(1 / 8 / 2, 12);
    expect(rule("q_proj", tall, settings).learningRateScale).toBeCloseTo(1 / 2, 12);
    expect(rule("k_proj", tall, settings)).toEqual(rule("k_proj", base, settings));
  });

  it("decays matrices of blocks and head, neither norms nor the embedding", () => {
    for (const name of [...blockMatrices, "lm_head"]) {
      expect(rule(name, base).weightDecay).toBe(true);
    }
    for (const name of ["embed_tokens", "input_layernorm", "model.norm"]) {
      expect(rule(name, base).weightDecay).toBe(false);
    }
  });
});
