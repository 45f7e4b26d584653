import { describe, expect, it } from "vitest";
import type { ModelConfig } from "./config.ts";
import { flops6nd, flopsPerImage, flopsPerSequence, parameterCounts } from "./counts.ts";

// 2 layers, width 16, 4 heads of 8 with 2 key heads, MLP 24, vocabulary 32
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

const vision = { embedDim: 12, layers: 2, heads: 3, headDim: 4, mlpDim: 20, longestSide: 1024 };

describe("parameterCounts", () => {
  it("agrees with a count by hand", () => {
    // A block: q 32*16 = 512, k and v 16*16 = 256 each, o 16*32 = 512, together 1536;
    // gate, up, down 24*16 = 384 each, together 1152; two norms of 16: 32. Sum 2720.
    // Two blocks 5440 and the final norm 16: 5456. Embedding and head: 32*16 = 512 each.
    expect(parameterCounts(config)).toEqual({
      embedding: 512,
      head: 512,
      nonEmbedding: 5456,
      vision: 0,
      total: 6480,
    });
  });

  it("agrees with a count by hand of tower and projector", () => {
    // Patches 12*3*16*16 = 9216, ln_pre 12. A block: q, k, v, o 12*12 = 144 each, gate, up, down
    // 20*12 = 240 each, two norms of 12: 576 + 720 + 24 = 1320; two of them 2640.
    // Projector: norm 12, merger 12*48 = 576, linear_1 16*12 = 192, linear_2 16*16 = 256.
    expect(parameterCounts({ ...config, vision })).toMatchObject({
      nonEmbedding: 5456,
      vision: 9216 + 12 + 2640 + 12 + 576 + 192 + 256,
      total: 6480 + 12_904,
    });
  });
});

describe("flopsPerImage", () => {
  it("agrees with a count by hand", () => {
    // 2 x 4 tokens: 32 patches. Pixels 2*32*9216 = 589824. Blocks' matrices 2*32*2*(576+720) = 165888.
    // Attention: scores and values 2*32*32*12 each, two layers: 98304. Projector 2*8*1024 = 16384.
    const forward = 589_824 + 165_888 + 98_304 + 16_384;
    const grid = { rows: 2, columns: 4 };
    expect(flopsPerImage({ ...config, vision }, grid)).toEqual({
      forward,
      backward: 2 * forward - 589_824,
      total: 3 * forward - 589_824,
    });
    expect(flopsPerImage(config, grid).total).toBe(0);
  });

  it("leaves the text's count alone", () => {
    expect(flopsPerSequence({ ...config, vision }, 8)).toEqual(flopsPerSequence(config, 8));
  });
});

describe("flopsPerSequence", () => {
  it("agrees with a count by hand", () => {
    // 8 tokens. Products of a block's matrices, 2 * 8 * rows * columns:
    //   q 2*8*32*16 = 8192, k 4096, v 4096, o 8192: 24576; gate, up, down 2*8*24*16 = 6144 each: 18432
    // Attention, 4 heads: scores 2*8*8*8 = 1024 and values 1024: 2048 a head, 8192 in all
    // A block 51200, two 102400; head 2*8*32*16 = 8192. Forward 110592.
    // Backward: each product has two in return, 221184.
    expect(flopsPerSequence(config, 8)).toEqual({
      forward: 110_592,
      backward: 221_184,
      total: 331_776,
    });
  });

  it("grows with the square of the length only in attention", () => {
    const attention = (seqLen: number) =>
      flopsPerSequence(config, seqLen).forward - seqLen * 2 * (2 * (1536 + 1152) + 512);
    expect(attention(8)).toBe(2 * 8192);
    expect(attention(16)).toBe(4 * attention(8));
  });
});

describe("flops6nd", () => {
  it("is six times blocks, norm and head times tokens", () => {
    expect(flops6nd(config, 100)).toBe(6 * (5456 + 512) * 100);
  });

  it("comes near the exact count when the context is short against the width", () => {
    const wide = { ...config, embedDim: 512, heads: 8, kvHeads: 4, headDim: 64, mlpDim: 1376 };
    const exact = flopsPerSequence(wide, 32).total;
    expect(flops6nd(wide, 32) / exact).toBeGreaterThan(0.98);
    expect(flops6nd(wide, 32) / exact).toBeLessThan(1);
  });
});
