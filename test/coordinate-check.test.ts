import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelConfig } from "../src/model/config.ts";
import { dial } from "../src/model/dial.ts";
import { type TransferSettings, transferDefaults } from "../src/model/transfer.ts";
import {
  type Activations,
  activationBound,
  activationSlopes,
  coordinateCheck,
  trainedActivations,
} from "../src/scaling/coordinate-check.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { modelOf } from "./fixtures/width-and-depth.ts";

/*
 * The coordinate check of µP (arXiv 2203.03466, appendix D.1): after a few steps activations have
 * the same size at every width and depth.
 *
 * A wrong rule shows as a power law: sums of n independent terms grow with the exponent 1/2, of n
 * aligned ones with 1. The bound is half of the smaller one. Measured with seeds 1 to 3: at most
 * 0.16 with our rules (logits: a part that is not aligned falls with the width), at least 0.46 with
 * rates that ignore the width.
 */
const bound = activationBound;
const training = { seed: 1, learningRate: 0.005 };

const widths = [64, 128, 256, 512];
const depths = [2, 4, 8, 16];
const base = { embedDim: 64, layers: 2 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime?.release());

/** Slopes over models of several sizes. */
async function slopes(
  sizes: readonly number[],
  configOf: (size: number) => ModelConfig,
  transferOf: (config: ModelConfig) => Partial<TransferSettings> = () => ({}),
): Promise<Activations> {
  const rows: Activations[] = [];
  for (const config of sizes.map(configOf)) {
    const transfer = transferOf(config);
    rows.push(await trainedActivations(runtime, config, { ...training, transfer }));
  }
  return activationSlopes(sizes, rows);
}

const ofWidth = (embedDim: number) => modelOf(embedDim, base.layers);
const ofDepth = (layers: number) => modelOf(base.embedDim, layers);

test("activations are flat over widths 64 to 512", async () => {
  const { residual, attention, logits } = await slopes(widths, ofWidth);
  expect(Math.abs(residual)).toBeLessThan(bound);
  expect(Math.abs(attention)).toBeLessThan(bound);
  expect(Math.abs(logits)).toBeLessThan(bound);
});

test("control: with rates that ignore the width they grow", async () => {
  const ignoringWidth = (config: ModelConfig) => ({
    baseEmbedDim: config.embedDim,
    baseMlpDim: config.mlpDim,
  });
  const { residual, attention, logits } = await slopes(widths, ofWidth, ignoringWidth);
  expect(residual).toBeGreaterThan(bound);
  expect(attention).toBeGreaterThan(bound);
  expect(logits).toBeGreaterThan(bound);
});

test("activations are flat over 2 to 16 layers, one branch falls as its factor says", async () => {
  const { residual, attention, logits } = await slopes(depths, ofDepth);
  expect(Math.abs(residual)).toBeLessThan(bound);
  expect(Math.abs(attention + transferDefaults.depthExponent)).toBeLessThan(bound);
  expect(Math.abs(logits)).toBeLessThan(bound);
});

test("control: without a depth rule the residual stream grows", async () => {
  const ignoringDepth = (config: ModelConfig) => ({ baseLayers: config.layers });
  const { residual } = await slopes(depths, ofDepth, ignoringDepth);
  expect(residual).toBeGreaterThan(bound);
});

test("a ladder's own models are healthy, and are not under rules that ignore the width", async () => {
  const configs = [1, 3, 5, 8].map((depth) => dial(depth, { vocabSize: 256 }).model);
  const healthy = await coordinateCheck(runtime, configs, { seed: 1 });
  expect(healthy.problem).toBeUndefined();
  expect(healthy.widths).toEqual([16, 32, 48, 96]);
  const transferOf = ({ embedDim, mlpDim }: ModelConfig) => {
    return { baseEmbedDim: embedDim, baseMlpDim: mlpDim };
  };
  const broken = await coordinateCheck(runtime, configs, { seed: 1, transferOf });
  expect(broken.problem).toMatch(/after 8 steps the .* change with the width's power 0\.\d+/);
});
