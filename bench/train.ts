/**
 * `npm run bench train`: whole optimizer steps of one model, ours and PyTorch's, by turns on one
 * machine. Both start from the same weights and see the same batch; the loss and gradients of their first steps must agree.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { flopsPerImage, flopsPerSequence } from "../src/model/counts.ts";
import { tokenSide } from "../src/model/image/geometry.ts";
import { initialParameters } from "../src/model/initialise.ts";
import { parameterSpecs } from "../src/model/parameters.ts";
import { writeSafetensors } from "../src/model/safetensors.ts";
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
import { type TrainCase, trainCases } from "./train-cases.ts";
import type { FirstStep, TrainShape, TrainStepper } from "./train-stepper.ts";

const modes = ["eager", "compile"] as const satisfies readonly PyTorchMode[];

/** Losses of equal weights agree to float32's rounding over a few hundred sums. */
const lossToleranceNats = 1e-4;

/** Of a tensor's norm; gradients sum over more than losses do. */
const gradientTolerance = 1e-3;

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
    for (const each of trainCases.filter(({ shape }) => shape.name.startsWith(options.only))) {
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
  const pixels = join(folder, "pixels.safetensors");
  await writeSafetensors(pixels, pixelTensors(shape));
  const flopsPerStep = stepFlops(shape);
  steppers["foretoken"] = await openForetoken(shape, { runtime, parameters, flopsPerStep });
  for (const mode of python === undefined ? [] : modes) {
    print(`${shape.name}: preparing pytorch-${mode}`);
    const options = {
      python: python!,
      mode,
      threads: runtime.threads,
      flopsPerStep,
      weights,
      pixels,
    };
    steppers[`pytorch-${mode}`] = await openPyTorch(shape, options);
  }
  for (const [name, { first }] of Object.entries(steppers)) {
    const difference = differenceOf(first, steppers["foretoken"]!.first);
    if (difference !== undefined) throw new Error(`${shape.name}: ${name}: ${difference}`);
  }
}

/** Each image as [height, width, 3], 0 to 255. */
function pixelTensors({ images }: TrainShape) {
  return images.map(({ pixels: { grid, data } }, index) => {
    const size = [grid.rows * tokenSide, grid.columns * tokenSide, 3];
    return [String(index), { dtype: "F32", shape: size, data: Float32Array.from(data) }] as const;
  });
}

function stepFlops({ model, batchSize, seqLen, images }: TrainShape): number {
  const text = batchSize * flopsPerSequence(model, seqLen).total;
  return images.reduce((sum, { pixels }) => sum + flopsPerImage(model, pixels.grid).total, text);
}

/** What in a first step is not as in ours; undefined when all is. */
function differenceOf(theirs: FirstStep, ours: FirstStep): string | undefined {
  if (!(Math.abs(theirs.loss - ours.loss) < lossToleranceNats)) {
    return `expected the first loss to be ours, ${ours.loss}, got ${theirs.loss}`;
  }
  const norms = Object.entries(ours.gradients);
  const wrong = norms.find(([name, norm]) => {
    const difference = Math.abs((theirs.gradients[name] ?? Number.NaN) - norm);
    return !(difference <= gradientTolerance * norm);
  });
  if (wrong === undefined) return undefined;
  const [name, norm] = wrong;
  return `expected the first gradient of ${name} to have our norm, ${norm}, got ${theirs.gradients[name]}`;
}

/** A side that did not learn the batch did no training. */
async function checkLearning(
  shape: TrainShape,
  steppers: Readonly<Record<string, TrainStepper>>,
): Promise<void> {
  for (const [name, stepper] of Object.entries(steppers)) {
    const loss = await stepper.loss();
    if (!(loss < stepper.first.loss)) {
      throw new Error(
        `${shape.name}: expected the loss of ${name} to fall below ${stepper.first.loss} nats, got ${loss}`,
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
