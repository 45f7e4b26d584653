import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { checkConfig } from "./config.ts";
import { flopsPerSequence, parameterCounts } from "./counts.ts";
import { batchSizeFor, type Dial, dial, learningRateFor, maxDepth } from "./dial.ts";

const depths = Array.from({ length: maxDepth }, (_, index) => index + 1);

function trainingFlops({ model, seqLen, steps, batchSize }: Dial): number {
  return flopsPerSequence(model, seqLen).total * steps * batchSize;
}

describe("dial", () => {
  const dials = depths.map((depth) => dial(depth, { vocabSize: 1024 }));

  it("reaches from a few thousand parameters in the blocks to about 100M", () => {
    expect(parameterCounts(dials[0]!.model).nonEmbedding).toBeGreaterThan(5000);
    expect(parameterCounts(dials[0]!.model).nonEmbedding).toBeLessThan(7000);
    expect(dials[0]!.model).toMatchObject({ embedDim: 16, layers: 2 });
    const largest = parameterCounts(dials.at(-1)!.model);
    expect(largest.nonEmbedding).toBeGreaterThan(95e6);
    expect(largest.nonEmbedding).toBeLessThan(115e6);
    expect(dials.at(-1)!.model).toMatchObject({ embedDim: 768, layers: 16 });
    expect(maxDepth).toBeGreaterThanOrEqual(24);
  });

  it.each([
    { vocabSize: 1024 },
    { vocabSize: 266 },
    { vocabSize: 4096 },
    { vocabSize: 1024, seqLen: 64 },
    { vocabSize: 1024, seqLen: 512 },
    { vocabSize: 1024, tokensPerParameter: 2 },
    { vocabSize: 1024, tokensPerParameter: 200 },
  ])("rises in compute by at most 3.1x from depth to depth with %o", (settings) => {
    const flops = depths.map((depth) => trainingFlops(dial(depth, settings)));
    const ratios = flops.slice(1).map((value, index) => value / flops[index]!);
    expect(Math.min(...ratios)).toBeGreaterThan(1.2);
    // Very small vocabularies lose the head's share, which damps the smallest steps.
    expect(Math.max(...ratios)).toBeLessThanOrEqual(settings.vocabSize < 1024 ? 3.1 : 3);
  });

  it.each(dials)("gives a valid, exportable shape and a sound run at depth $depth", (run) => {
    const { model } = run;
    expect(() => checkConfig(model)).not.toThrow();
    expect(model.embedDim % 8).toBe(0);
    expect(model.mlpDim % 16).toBe(0);
    expect([16, 32, 64]).toContain(model.headDim);
    expect(model.mlpDim / model.embedDim).toBeGreaterThan(2.4);
    expect(model.mlpDim / model.embedDim).toBeLessThan(3.1);
    expect(model.kvHeads).toBe(model.heads >= 4 ? model.heads / 2 : model.heads);
    expect(run.steps).toBeGreaterThanOrEqual(200);
    expect(run.warmupSteps + run.decaySteps).toBeLessThan(run.steps);
    expect(run.tokens).toBe(run.steps * run.batchSize * run.seqLen);
    const { nonEmbedding, head } = parameterCounts(model);
    expect(run.tokens / (nonEmbedding + head)).toBeGreaterThanOrEqual(20);
    expect(run.tokens / (nonEmbedding + head)).toBeLessThan(20.1);
    expect(run.learningRate * run.weightDecay * run.steps).toBeCloseTo(1, 10);
  });

  it("never shrinks anything but weight decay and learning rate as the depth grows", () => {
    for (const [index, run] of dials.slice(1).entries()) {
      const before = dials[index]!;
      expect(run.model.embedDim).toBeGreaterThanOrEqual(before.model.embedDim);
      expect(run.model.layers).toBeGreaterThanOrEqual(before.model.layers);
      expect(run.batchSize).toBeGreaterThanOrEqual(before.batchSize);
      expect(run.steps).toBeGreaterThan(before.steps);
    }
  });

  it("takes vocabulary, context and horizon from the caller", () => {
    const run = dial(3, { vocabSize: 512, seqLen: 64, tokensPerParameter: 5 });
    expect(run.model).toMatchObject({ vocabSize: 512, maxSeqLen: 64, embedDim: 32 });
    expect(run.seqLen).toBe(64);
    const { nonEmbedding, head } = parameterCounts(run.model);
    expect(run.tokens / (nonEmbedding + head)).toBeCloseTo(5, 1);
  });

  it.each([0, -1, 1.5, maxDepth + 1, Number.NaN])("refuses the depth %s", (depth) => {
    const turn = () => dial(depth, { vocabSize: 1024 });
    expect(turn).toThrow(ConfigError);
    expect(turn).toThrow(`--depth must be a whole number from 1 to ${maxDepth}, got ${depth}`);
  });

  it("refuses an impossible vocabulary, context or horizon", () => {
    expect(() => dial(1, { vocabSize: 0 })).toThrow("vocabSize must be a whole number >= 1, got 0");
    expect(() => dial(1, { vocabSize: 8, seqLen: 1.5 })).toThrow("seqLen must be a whole number");
    expect(() => dial(1, { vocabSize: 8, tokensPerParameter: 0 })).toThrow(
      "tokensPerParameter must be a number above 0, got 0",
    );
  });
});

describe("batchSizeFor", () => {
  it.each([
    [0.45e6, 4],
    [1.4e6, 8],
    [4.5e6, 16],
    [15e6, 32],
  ])("stays within a quarter of the prototype's batch at %s tokens", (tokens, sequences) => {
    const ratio = batchSizeFor(tokens, 128) / sequences;
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });

  it("is at least one sequence", () => {
    expect(batchSizeFor(10, 128)).toBe(1);
  });
});

describe("learningRateFor", () => {
  it("is the base rate at the base batch and horizon", () => {
    expect(learningRateFor(1024, 1e6)).toBe(0.01);
  });

  it("grows with the root of the batch and falls with the horizon", () => {
    expect(learningRateFor(4096, 1e6)).toBeCloseTo(0.02, 10);
    expect(learningRateFor(1024, 1e7)).toBeCloseTo(0.01 * 10 ** -0.3, 10);
  });
});
