import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mismatches } from "../tensor/_op-fixture.ts";
import { mul } from "../tensor/elementwise.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { openTraining, randomBatch, tinyModel, tinyShape } from "./_training-fixture.ts";
import type { Optimizer } from "./optimizer.ts";
import { optimizers } from "./optimizers.ts";
import { parameterGroups, separateGroups } from "./parameter-groups.ts";
import type { StepBatch, StepSettings } from "./stepper.ts";
import { timeMajorParts } from "./time-major.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 2 });
});
afterAll(() => runtime?.release());

const { batchSize, seqLen } = tinyShape;
const unclipped: StepSettings = { step: 1, learningRate: 0.01, weightDecay: 0.1, clipNorm: 1e30 };

/** Puts each gradient, as it is after clipping, in its parameter's place. */
const revealGradients: Optimizer = {
  name: "adamw",
  init: () => 0,
  update: ({ gradient, scalars }) => ({ parameter: mul(gradient, scalars.clip), state: [] }),
};

/** Adam divides by the gradient's own size, so a rounding weighs more where that is small. */
const adamTolerance = 1e-3;

interface Revealed {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly gradients: Record<string, Float32Array>;
}

async function reveal(
  batch: StepBatch,
  options: { parts?: number; hasDocuments?: boolean; clipNorm?: number; batchSize?: number } = {},
): Promise<Revealed> {
  const { clipNorm = 1e30, ...shape } = options;
  const training = await openTraining(runtime, { optimizer: revealGradients, ...shape });
  const result = await training.stepper.step(batch, { ...unclipped, clipNorm });
  const gradients = await training.read();
  training.release();
  return { ...result, gradients };
}

/** What differs; the tolerance is some 1,000 float32 roundings of values up to 1. */
function differences(actual: Revealed, expected: Revealed, tolerance = 2e-5): string[] {
  const names = Object.keys(expected.gradients);
  return [
    ...mismatches([actual.loss], [expected.loss], tolerance),
    ...names.flatMap((name) =>
      mismatches([...actual.gradients[name]!], [...expected.gradients[name]!], tolerance),
    ),
  ];
}

test("rows are laid out part by part, each time-major", () => {
  const rows = Int32Array.from([0, 1, 2, 3, 4, 5, 6, 7]);
  const laidOut = (parts: number) => [...timeMajorParts(rows, { batchSize: 4, seqLen: 2, parts })];
  expect(laidOut(1)).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
  expect(laidOut(2)).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  expect(laidOut(4)).toEqual([...rows]);
});

describe("gradient accumulation", () => {
  test("gives the loss and gradients of the whole batch, whatever the parts", async () => {
    const documents = Int32Array.from({ length: batchSize * seqLen }, (_, i) =>
      Number(i % seqLen > Math.floor(i / seqLen)),
    );
    const batch = { ...randomBatch(1), documents };
    batch.targets.fill(ignoredTarget, 3, 14); // parts with different numbers of targets
    const whole = await reveal(batch, { hasDocuments: true });
    expect(whole.gradientNorm).toBeGreaterThan(0.1);
    for (const parts of [2, 4]) {
      const inParts = await reveal(batch, { parts, hasDocuments: true });
      expect(differences(inParts, whole)).toEqual([]);
    }
  });

  test("gives the parameters of whole batches after five steps", async () => {
    const results: number[][] = [];
    for (const parts of [1, 2, 4]) {
      const training = await openTraining(runtime, { parts });
      for (let step = 1; step <= 5; step++) {
        await training.stepper.step(randomBatch(step), { ...unclipped, step });
      }
      const state = await training.read();
      results.push(Object.values(state).flatMap((values) => [...values]));
      training.release();
    }
    for (const result of results.slice(1)) {
      expect(mismatches(result, results[0]!, adamTolerance)).toEqual([]);
    }
  });
});

test("tensors updated one by one end where joined vectors do", async () => {
  const joined = parameterGroups(tinyModel);
  const results: Record<string, Float32Array>[] = [];
  for (const groups of [joined, separateGroups(joined)]) {
    const training = await openTraining(runtime, { groups });
    for (let step = 1; step <= 5; step++) {
      await training.stepper.step(randomBatch(step), { ...unclipped, step, clipNorm: 0.5 });
    }
    results.push(await training.read());
    training.release();
  }
  const [together, separate] = [results[0]!, results[1]!];
  expect(Object.keys(separate).toSorted()).toEqual(Object.keys(together).toSorted());
  for (const [name, values] of Object.entries(together)) {
    expect(mismatches([...separate[name]!], [...values], adamTolerance)).toEqual([]);
  }
});

describe("clipping", () => {
  test("scales all gradients to the largest norm, and leaves smaller ones alone", async () => {
    const free = await reveal(randomBatch(1));
    const all = Object.values(free.gradients).flatMap((values) => [...values]);
    const norm = Math.hypot(...all);
    expect(free.gradientNorm / norm).toBeCloseTo(1, 5);
    const clipped = await reveal(randomBatch(1), { clipNorm: norm / 4 });
    expect(clipped.gradientNorm).toBe(free.gradientNorm); // measured before clipping
    const quarter = Object.fromEntries(
      Object.entries(free.gradients).map(([name, values]) => [name, values.map((x) => x / 4)]),
    );
    expect(differences(clipped, { ...free, gradients: quarter })).toEqual([]);
    expect(differences(await reveal(randomBatch(1), { clipNorm: norm * 2 }), free, 0)).toEqual([]);
  });
});

describe("ignored targets", () => {
  test("a sequence whose targets are all ignored counts for nothing", async () => {
    const four = randomBatch(1);
    const positions = 3 * seqLen;
    four.targets.fill(ignoredTarget, positions);
    const three = {
      tokens: four.tokens.slice(0, positions),
      targets: four.targets.slice(0, positions),
    };
    const expected = await reveal(three, { batchSize: 3 });
    expect(differences(await reveal(four), expected)).toEqual([]);
  });

  test("the loss is the mean over the targets that are left", async () => {
    const batch = randomBatch(2);
    const single = async (position: number) => {
      const targets = new Int32Array(batch.targets.length).fill(ignoredTarget);
      targets[position] = batch.targets[position]!;
      return (await reveal({ ...batch, targets })).loss;
    };
    const kept = [0, 9, 30];
    const losses = await Promise.all(kept.map(single));
    const targets = batch.targets.map((target, i) => (kept.includes(i) ? target : ignoredTarget));
    const { loss } = await reveal({ ...batch, targets });
    expect(loss).toBeCloseTo(losses.reduce((sum, x) => sum + x, 0) / 3, 5);
  });

  test("a batch without any target has loss 0 and gradient 0", async () => {
    const batch = randomBatch(3);
    batch.targets.fill(ignoredTarget);
    const { loss, gradientNorm, gradients } = await reveal(batch, { clipNorm: 1 });
    expect([loss, gradientNorm]).toEqual([0, 0]);
    expect(Object.values(gradients).every((values) => values.every((x) => x === 0))).toBe(true);
  });
});

test("a document does not see the one before it", async () => {
  const cut = 3;
  const batch = randomBatch(4);
  const other = randomBatch(5);
  const isFirst = (i: number) => i % seqLen < cut;
  const targets = batch.targets.map((target, i) => (isFirst(i) ? ignoredTarget : target));
  const changed = batch.tokens.map((token, i) => (isFirst(i) ? other.tokens[i]! : token));
  const two = batch.tokens.map((_, i) => Number(!isFirst(i)));
  const one = new Int32Array(two.length);
  const loss = async (tokens: Int32Array, documents: Int32Array) =>
    (await reveal({ tokens, targets, documents }, { hasDocuments: true })).loss;
  expect(await loss(changed, two)).toBe(await loss(batch.tokens, two));
  expect(Math.abs((await loss(changed, one)) - (await loss(batch.tokens, one)))).toBeGreaterThan(
    1e-3,
  );
});

for (const optimizer of Object.values(optimizers)) {
  test(`${optimizer.name}: fresh runtimes repeat every bit`, async () => {
    const runs: Record<string, Float32Array>[] = [];
    for (let run = 0; run < 2; run++) {
      const fresh = await openRuntime({ threads: 2 }); // sessions of its own
      const training = await openTraining(fresh, { optimizer });
      for (let step = 1; step <= 6; step++) {
        await training.stepper.step(randomBatch(step), { ...unclipped, step, clipNorm: 1 });
      }
      runs.push(await training.read());
      training.release();
      fresh.release();
    }
    expect(Object.keys(runs[0]!).length).toBeGreaterThan(20);
    expect(runs[1]).toEqual(runs[0]);
  });

  test(`${optimizer.name}: a tiny model learns eight sequences by heart`, async () => {
    const sequences = 8;
    const training = await openTraining(runtime, { optimizer, batchSize: sequences });
    const batch = randomBatch(6, sequences);
    // different first tokens: what follows can be known
    for (let row = 0; row < sequences; row++) batch.tokens[row * seqLen] = row;
    const steps = 300;
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      const learningRate = 0.01 * Math.min(1, 2 * (1 - step / (steps + 1)));
      const { loss } = await training.stepper.step(batch, {
        ...unclipped,
        step,
        learningRate,
        clipNorm: 1,
      });
      losses.push(loss);
    }
    training.release();
    expect(losses[0]).toBeGreaterThan(Math.log(tinyModel.vocabSize));
    expect(losses.at(-1)).toBeLessThan(0.05);
  });
}
