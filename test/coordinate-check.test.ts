import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelConfig } from "../src/model/config.ts";
import { type TransferSettings, transferDefaults } from "../src/model/transfer.ts";
import { Random } from "../src/statistics/random.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import {
  type Activations,
  activations,
  modelOf,
  openTraining,
  randomTokens,
} from "./fixtures/width-and-depth.ts";

/*
 * The coordinate check of µP (arXiv 2203.03466, appendix D.1): after a few steps activations have
 * the same size at every width and depth.
 *
 * A wrong rule shows as a power law: sums of n independent terms grow with the exponent 1/2, of n
 * aligned ones with 1. The bound is half of the smaller one. Measured with seeds 1 to 3: at most
 * 0.16 with our rules (logits: a part that is not aligned falls with the width), at least 0.46 with
 * rates that ignore the width.
 */
const bound = 0.25;
const seed = 1;
const steps = 8;
const shape = { batchSize: 4, seqLen: 32 };

const widths = [64, 128, 256, 512];
const depths = [2, 4, 8, 16];
const base = { embedDim: 64, layers: 2 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime?.release());

/** Activations on a batch of random tokens after some steps on it. */
async function trained(
  config: ModelConfig,
  transfer: Partial<TransferSettings>,
): Promise<Activations> {
  const training = await openTraining(runtime, config, { shape, seed, transfer });
  const batch = randomTokens(new Random(seed), config.vocabSize, shape);
  const settings = { learningRate: 0.005, weightDecay: 0, clipNorm: 1e30 };
  for (let step = 1; step <= steps; step++)
    await training.stepper.step(batch, { ...settings, step });
  const result = await activations(runtime, config, { state: training.state, batch, shape });
  training.release();
  return result;
}

/** Least-squares slope of log y over log x. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [logX, logY] = [x.map(Math.log), y.map(Math.log)];
  const [middleX, middleY] = [mean(logX), mean(logY)];
  const products = logX.map((value, i) => (value - middleX) * (logY[i]! - middleY));
  return mean(products) / mean(logX.map((value) => (value - middleX) ** 2));
}

/** Slopes over models of several sizes. */
async function slopes(
  sizes: readonly number[],
  configOf: (size: number) => ModelConfig,
  transferOf: (config: ModelConfig) => Partial<TransferSettings> = () => ({}),
): Promise<Activations> {
  const rows: Activations[] = [];
  for (const config of sizes.map(configOf)) rows.push(await trained(config, transferOf(config)));
  const of = (name: keyof Activations) =>
    slope(
      sizes,
      rows.map((row) => row[name]),
    );
  return { residual: of("residual"), attention: of("attention"), logits: of("logits") };
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
