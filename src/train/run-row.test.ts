import { afterAll, beforeAll, expect, test } from "vitest";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { flops6nd } from "../model/counts.ts";
import { runRowSchema } from "../workspace/run-row.ts";
import { RunBench } from "./_run-fixture.ts";
import { startingRow } from "./run-row.ts";
import type { RunSettings } from "./run-settings.ts";
import { learningRateAt } from "./schedule.ts";

let bench: RunBench;
let dataset: Dataset;
beforeAll(async () => {
  bench = await RunBench.open();
  dataset = await openDataset(bench.dataset);
});
afterAll(async () => {
  await dataset?.close();
  await bench?.close();
});

const rowOf = (overrides: Partial<RunSettings> = {}) =>
  startingRow({ id: "i", name: "n", kind: "ladder", settings: bench.settings(overrides), dataset });

test("a row that begins is whole but for its results", () => {
  const row = rowOf();
  expect(runRowSchema.parse(row)).toEqual(row);
  expect(row).toMatchObject({ status: "running", lossNats: null, endedAt: null, losses: {} });
  expect(row.dataHash).toBe(dataset.manifest.hash);
  expect(row.flops6nd).toBe(flops6nd(bench.settings().model, row.tokensSeen));
});

test("unique tokens are those seen, until the data repeats", () => {
  const [short, long] = [rowOf({ steps: 2 }), rowOf({ steps: 100_000 })];
  expect(short.tokensUnique).toBe(short.tokensSeen);
  expect(long.tokensUnique).toBe(dataset.trainingTokens);
  expect(long.tokensUnique).toBeLessThan(long.tokensSeen);
});

test("the last rate over the peak is the schedule's", () => {
  for (const decaySteps of [0, 1, 20]) {
    const settings = bench.settings({ decaySteps });
    const last = learningRateAt(settings.steps, settings) / settings.learningRate;
    expect(rowOf({ decaySteps }).finalLearningRateFraction).toBeCloseTo(last, 12);
  }
});

test("losses compare where the held-out windows are the same", () => {
  const { evalHash } = rowOf();
  expect(rowOf({ seed: 8, steps: 5, learningRate: 1, optimizer: "muon" }).evalHash).toBe(evalHash);
  expect(rowOf({ seqLen: 16 }).evalHash).not.toBe(evalHash);
});
