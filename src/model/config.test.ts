import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { checkConfig, type ModelConfig } from "./config.ts";

const valid: ModelConfig = {
  vocabSize: 32,
  embedDim: 16,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  mlpDim: 24,
  maxSeqLen: 8,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
};

const vision = { embedDim: 24, layers: 2, heads: 3, headDim: 8, mlpDim: 32, longestSide: 1024 };

describe("checkConfig", () => {
  it("takes a Llama, also when heads * headDim differs from the width", () => {
    expect(() => checkConfig(valid)).not.toThrow();
    expect(() => checkConfig({ ...valid, vision })).not.toThrow();
  });

  it.each<[Partial<ModelConfig>, string]>([
    [{ layers: 0 }, "layers must be a whole number >= 1, got 0"],
    [{ mlpDim: 1.5 }, "mlpDim must be a whole number >= 1, got 1.5"],
    [{ vocabSize: Number.NaN }, "vocabSize must be a whole number >= 1, got NaN"],
    [{ ropeTheta: 0 }, "ropeTheta must be a number above 0, got 0"],
    [{ rmsNormEps: Number.POSITIVE_INFINITY }, "rmsNormEps must be a number above 0"],
    [{ headDim: 7 }, "headDim must be even"],
    [{ kvHeads: 3 }, "got 4 heads and 3 kvHeads"],
    [{ vision, rmsNormEps: 1e-6 }, "rmsNormEps must be 0.00001 with a vision tower"],
    [{ vision: { ...vision, layers: 0 } }, "vision.layers must be a whole number >= 1, got 0"],
    [{ vision: { ...vision, heads: 4, headDim: 6 } }, "vision.headDim must be a multiple of 4"],
    [{ vision: { ...vision, heads: 2 } }, "must be vision.embedDim 24, got 2 * 8"],
  ])("refuses %o", (change, message) => {
    const check = () => checkConfig({ ...valid, ...change });
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(message);
  });
});
