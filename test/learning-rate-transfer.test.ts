import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dataset, openDataset } from "../src/data/dataset.ts";
import { learningRateFor } from "../src/model/dial.ts";
import { openTraining } from "../src/scaling/coordinate-check.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { firstColumns, HeldoutLoss } from "../src/train/heldout-loss.ts";
import { learningRateAt } from "../src/train/schedule.ts";
import { buildTinyDataset } from "./fixtures/tiny-run.ts";
import { modelOf } from "./fixtures/width-and-depth.ts";

const widths = [32, 96];
const multipliers = [1 / 4, 1 / 2, 1, 2, 4];
const layers = 2;
const steps = 300;
const shape = { batchSize: 8, seqLen: 32 };
const seed = 1;
const positions = shape.batchSize * shape.seqLen;

let folder: string;
let dataset: Dataset;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-transfer-"));
  dataset = await openDataset(await buildTinyDataset(folder));
  runtime = await openRuntime({ threads: 1 });
});
afterAll(async () => {
  runtime?.release();
  await dataset?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Held-out loss of a short run at a multiple of the dial's learning rate. */
async function lossAt(width: number, multiplier: number): Promise<number> {
  const config = modelOf(width, layers, dataset.tokenizer.vocabSize);
  const training = await openTraining(runtime, config, { shape, seed, hasDocuments: true });
  const learningRate = multiplier * learningRateFor(positions, steps * positions);
  const schedule = { steps, warmupSteps: 6, decaySteps: steps / 2, learningRate };
  const weightDecay = 1 / (learningRate * steps); // as the dial has it
  for (let step = 1; step <= steps; step++) {
    const batch = await dataset.batch({ seed, step: step - 1, ...shape });
    const { targets, documents } = batch;
    await training.stepper.step(
      { tokens: firstColumns(batch.tokens, shape.seqLen), targets, documents },
      { step, learningRate: learningRateAt(step, schedule), weightDecay, clipNorm: 1 },
    );
  }
  const { parameters } = training.state;
  const { seqLen } = shape;
  const heldout = await HeldoutLoss.open(runtime, { dataset, config, seqLen, parameters });
  const { total } = await heldout.measure();
  heldout.release();
  training.release();
  return total.nats;
}

test("the best learning rate at width 32 is within one notch of the best at width 96", async () => {
  const losses: number[][] = [];
  for (const width of widths) {
    const row: number[] = [];
    for (const multiplier of multipliers) row.push(await lossAt(width, multiplier));
    losses.push(row);
  }
  const [narrow, wide] = losses.map((row) => row.indexOf(Math.min(...row))) as [number, number];
  const table = losses.map((row) => row.map((loss) => loss.toFixed(3)).join(" ")).join(" | ");
  expect(Math.abs(narrow - wide), table).toBeLessThanOrEqual(1);
  // A sweep that saw no optimum would prove nothing: both ends are worse than the best.
  for (const row of losses) {
    const best = Math.min(...row);
    expect(row[0]!, table).toBeGreaterThan(best + 0.02);
    expect(row.at(-1)!, table).toBeGreaterThan(best + 0.02);
  }
  expect(Math.min(...losses[1]!)).toBeLessThan(Math.min(...losses[0]!)); // the wider one is better
}, 180_000);
