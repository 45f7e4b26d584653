/**
 * `npm run bench train`: whole optimizer steps of one model, ours and PyTorch's, by turns on one
 * machine. Both start from the same weights and see the same batch; their first losses must agree.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defaultRmsNormEps, defaultRopeTheta } from "../src/model/config.ts";
import { flopsPerSequence } from "../src/model/counts.ts";
import { initialParameters } from "../src/model/initialise.ts";
import { parameterSpecs } from "../src/model/parameters.ts";
import { writeSafetensors } from "../src/model/safetensors.ts";
import { Random } from "../src/statistics/random.ts";
import { matrixProductPeak } from "../src/tensor/matrix-product-peak.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { openForetoken } from "./foretoken-stepper.ts";
import {
  type Bench,
  type BenchOptions,
  formatNumber,
  interleave,
  type Row,
  summarise,
} from "./harness.ts";
import { findPyTorch, openPyTorch, type PyTorchMode } from "./pytorch.ts";
import type { TrainShape, TrainStepper } from "./train-stepper.ts";

/** A shape and the steps timed in one turn, about a second's worth. */
interface TrainCase {
  readonly shape: TrainShape;
  readonly stepsPerTurn: number;
}

const modes = ["eager", "compile"] as const satisfies readonly PyTorchMode[];

/** nanoGPT's two CPU shapes and a rung of a ladder; the MLP is 8/3 of the width, in 64s. */
const cases: readonly TrainCase[] = [
  trainCase(
    { layers: 6, embedDim: 384, seqLen: 256, batchSize: 16 },
    { heads: 6, mlpDim: 1024, vocabSize: 4096, stepsPerTurn: 2 },
  ),
  trainCase(
    { layers: 4, embedDim: 128, seqLen: 64, batchSize: 12 },
    { heads: 4, mlpDim: 384, vocabSize: 65, stepsPerTurn: 30 },
  ),
  trainCase(
    { layers: 2, embedDim: 64, seqLen: 128, batchSize: 8 },
    { heads: 4, mlpDim: 192, vocabSize: 512, stepsPerTurn: 60 },
  ),
];

/** Losses of equal weights agree to float32's rounding over a few hundred sums. */
const lossToleranceNats = 1e-4;

function trainCase(
  size: { layers: number; embedDim: number; seqLen: number; batchSize: number },
  rest: { heads: number; mlpDim: number; vocabSize: number; stepsPerTurn: number },
): TrainCase {
  const { layers, embedDim, seqLen, batchSize } = size;
  const { heads, mlpDim, vocabSize, stepsPerTurn } = rest;
  const model = {
    ...{ vocabSize, embedDim, layers, heads, kvHeads: heads, headDim: embedDim / heads, mlpDim },
    ...{ maxSeqLen: seqLen, ropeTheta: defaultRopeTheta, rmsNormEps: defaultRmsNormEps },
  };
  const random = new Random([1, 2, 3, 4]);
  const tokens = Int32Array.from({ length: batchSize * (seqLen + 1) }, () =>
    Math.floor(random.uniform() * vocabSize),
  );
  const name = [layers, embedDim, seqLen, batchSize].join("/");
  return { shape: { name, model, seqLen, batchSize, tokens }, stepsPerTurn };
}

/** The training benchmark; without a Python that has PyTorch, our side alone. */
export const bench: Bench = {
  description: "whole training steps, float32, against PyTorch CPU eager and torch.compile",
  async run(options) {
    const threads = availableParallelism();
    const python = await findPyTorch();
    if (python === undefined) {
      options.print("no PyTorch (set FORETOKEN_PYTHON to a Python that has it): no baseline");
    }
    const runtime = await openRuntime({ threads });
    const peak = (await matrixProductPeak(runtime)) / 1e9;
    options.print(`matrix-product peak ${formatNumber(peak)} GFLOP/s, ${threads} threads`);
    const rows: Row[] = [];
    for (const each of cases.filter(({ shape }) => shape.name.startsWith(options.only))) {
      rows.push(...(await measure(each, { ...options, runtime, python, peak })));
    }
    runtime.release();
    return rows;
  },
};

interface Setting extends BenchOptions {
  readonly runtime: Runtime;
  readonly python: string | undefined;
  /** GFLOP/s */
  readonly peak: number;
}

async function measure(each: TrainCase, setting: Setting): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-"));
  const steppers: Record<string, TrainStepper> = {};
  try {
    await openAll({ each, setting, folder }, steppers);
    const turns = Object.entries(steppers).map(
      ([name, stepper]) => [name, () => stepper.step(each.stepsPerTurn)] as const,
    );
    const seconds = await interleave(Object.fromEntries(turns), setting.rounds ?? 7);
    await checkLearning(each.shape, steppers);
    return rowsOf(each.shape, { seconds, ours: steppers["foretoken"]! }, setting);
  } finally {
    for (const stepper of Object.values(steppers)) await stepper.release();
    await rm(folder, { recursive: true });
  }
}

/** Opens ours and the baselines into `steppers` and checks that they compute the same loss. */
async function openAll(
  { each, setting, folder }: { each: TrainCase; setting: Setting; folder: string },
  steppers: Record<string, TrainStepper>,
): Promise<void> {
  const { shape } = each;
  const { runtime, python, print } = setting;
  const parameters = initialParameters(shape.model, 0);
  const weights = join(folder, "model.safetensors");
  const tensors = parameterSpecs(shape.model).map(
    (spec) =>
      [spec.name, { dtype: "F32", shape: spec.shape, data: parameters[spec.name]! }] as const,
  );
  await writeSafetensors(weights, tensors);
  const flopsPerStep = shape.batchSize * flopsPerSequence(shape.model, shape.seqLen).total;
  steppers["foretoken"] = await openForetoken(shape, { runtime, parameters, flopsPerStep });
  for (const mode of python === undefined ? [] : modes) {
    print(`${shape.name}: preparing pytorch-${mode}`);
    const options = { python: python!, mode, threads: runtime.threads, flopsPerStep, weights };
    steppers[`pytorch-${mode}`] = await openPyTorch(shape, options);
  }
  const losses = Object.entries(steppers).map(([name, { firstLoss }]) => ({ name, firstLoss }));
  const wrong = losses.find(
    ({ firstLoss }) => !(Math.abs(firstLoss - losses[0]!.firstLoss) < lossToleranceNats),
  );
  if (wrong !== undefined) {
    throw new Error(
      `${shape.name}: expected the first loss of ${wrong.name} to be ours, ${losses[0]!.firstLoss}, got ${wrong.firstLoss}`,
    );
  }
}

/** A side that did not learn the batch did no training. */
async function checkLearning(
  shape: TrainShape,
  steppers: Readonly<Record<string, TrainStepper>>,
): Promise<void> {
  for (const [name, stepper] of Object.entries(steppers)) {
    const loss = await stepper.loss();
    if (!(loss < stepper.firstLoss)) {
      throw new Error(
        `${shape.name}: expected the loss of ${name} to fall below ${stepper.firstLoss} nats, got ${loss}`,
      );
    }
  }
}

function rowsOf(
  { name }: TrainShape,
  { seconds, ours }: { seconds: Record<string, readonly number[]>; ours: TrainStepper },
  { peak, print }: Setting,
): readonly Row[] {
  const mine = summarise(seconds["foretoken"]!);
  const value = ours.tokensPerStep / mine.median;
  const gflops = ours.flopsPerStep / mine.median / 1e9;
  print(
    `${name}: ${formatNumber(gflops)} GFLOP/s, ${(gflops / peak).toFixed(2)} of the matrix-product peak`,
  );
  for (const [side, values] of Object.entries(seconds)) {
    const { median, minimum, n } = summarise(values);
    const best = minimum > 0 ? ` (best ${formatNumber(ours.tokensPerStep / minimum)})` : "";
    print(`  ${side}: ${formatNumber(ours.tokensPerStep / median)} tokens/s${best}, n ${n}`);
  }
  const baselines = Object.keys(seconds).filter((side) => side !== "foretoken");
  if (baselines.length === 0) {
    return [{ name, value, unit: "tokens/s", baseline: null, ratio: null }];
  }
  return baselines.map((baseline) => {
    const ratio = summarise(seconds[baseline]!).median / mine.median;
    return { name, value, unit: "tokens/s", baseline, ratio };
  });
}
