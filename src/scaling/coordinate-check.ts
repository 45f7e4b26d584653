import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import { initialParameters } from "../model/initialise.ts";
import { parameterSpecs } from "../model/parameters.ts";
import { type TransferSettings, transferDefaults } from "../model/transfer.ts";
import { mean as meanOf } from "../statistics/quantile.ts";
import { Random } from "../statistics/random.ts";
import { causalMask } from "../tensor/attention.ts";
import { maximum, neg } from "../tensor/elementwise.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import { mean } from "../tensor/reductions.ts";
import type { Runtime } from "../tensor/session.ts";
import { constant, input, type Tensor } from "../tensor/tensor.ts";
import { adamw } from "../train/adamw.ts";
import { parameterGroups } from "../train/parameter-groups.ts";
import { type StepBatch, Stepper } from "../train/stepper.ts";
import { timeMajorParts } from "../train/time-major.ts";
import { TrainState } from "../train/train-state.ts";

/** Sizes of every batch. */
export interface BatchShape {
  readonly batchSize: number;
  readonly seqLen: number;
}

/** A step on a fresh model, under rules that may be changed. */
export async function openTraining(
  runtime: Runtime,
  config: ModelConfig,
  options: {
    readonly shape: BatchShape;
    readonly seed: number;
    readonly hasDocuments?: boolean;
    readonly transfer?: Partial<TransferSettings>;
  },
): Promise<{ state: TrainState; stepper: Stepper; release(): void }> {
  const settings = { ...transferDefaults, ...options.transfer };
  const state = new TrainState(runtime, parameterGroups(config, settings), adamw);
  for (const [name, values] of Object.entries(initialParameters(config, options.seed, settings))) {
    await state.parameters.get(name)!.write(values);
  }
  const shape = {
    ...options.shape,
    parts: 1,
    hasDocuments: options.hasDocuments ?? false,
    rowPatches: 0,
  };
  const stepper = await Stepper.open(runtime, { config, shape, optimizer: adamw, state });
  return {
    state,
    stepper,
    release() {
      stepper.release();
      state.release();
    },
  };
}

/** Tokens drawn evenly; each position's target is the token after it. */
export function randomTokens(random: Random, vocabSize: number, shape: BatchShape): StepBatch {
  const { batchSize, seqLen } = shape;
  const text = Array.from({ length: batchSize * (seqLen + 1) }, () => random.integer(vocabSize));
  return windows(text, shape);
}

/** Inputs and targets of rows of `seqLen + 1` tokens that lie end to end. */
export function windows(text: readonly number[], { batchSize, seqLen }: BatchShape): StepBatch {
  const columns = (shift: number) =>
    Int32Array.from({ length: batchSize * seqLen }, (_, i) => {
      const [row, time] = [Math.floor(i / seqLen), i % seqLen];
      return text[row * (seqLen + 1) + time + shift]!;
    });
  return { tokens: columns(0), targets: columns(1) };
}

/** Mean absolute values: the residual stream before the final norm, the last attention, logits. */
export interface Activations {
  readonly residual: number;
  readonly attention: number;
  readonly logits: number;
}

/** Measures activations on a batch with the parameters as they are. */
export async function activations(
  runtime: Runtime,
  config: ModelConfig,
  measured: { readonly state: TrainState; readonly batch: StepBatch; readonly shape: BatchShape },
): Promise<Activations> {
  const { state, shape } = measured;
  const { batchSize, seqLen } = shape;
  const names = ["residual", "attention", "logits"] as const;
  const last: Record<string, Tensor> = {};
  const parameters = Object.fromEntries(
    parameterSpecs(config).map(({ name, shape: sizes }) => [name, input(name, "float32", sizes)]),
  );
  const rows = decoder(parameters, config, {
    tokens: input("tokens", "int32", [batchSize * seqLen]),
    batch: batchSize,
    mask: constant(causalMask(seqLen), [seqLen, seqLen]),
    observe: (name, tensor) => {
      last[name] = tensor;
    },
  });
  last["logits"] = linear(rows, parameters["lm_head.weight"]!);
  const size = (x: Tensor) => mean(maximum(x, neg(x)));
  const outputs = Object.fromEntries(names.map((name) => [name, size(last[name]!)]));
  const session = await loadProgram(runtime, outputs);
  const tokens = runtime.allocate("int32", [batchSize * seqLen]);
  await tokens.write(timeMajorParts(measured.batch.tokens, { ...shape, parts: 1 }));
  const results = Object.fromEntries(
    names.map((name) => [name, runtime.allocate("float32", outputs[name]!.shape)]),
  );
  const binding = session.bind({ tokens, ...Object.fromEntries(state.parameters) }, results);
  await binding.run();
  const values = await Promise.all(
    names.map(async (name) => [name, Number((await results[name]!.read())[0])] as const),
  );
  binding.release();
  for (const buffer of [tokens, ...Object.values(results)]) buffer.release();
  return Object.fromEntries(values) as unknown as Activations;
}

const steps = 8;
const shape: BatchShape = { batchSize: 4, seqLen: 32 };

/** Activations on a batch of random tokens after some steps on it. */
export async function trainedActivations(
  runtime: Runtime,
  config: ModelConfig,
  {
    seed,
    learningRate,
    transfer = {},
  }: {
    readonly seed: number;
    readonly learningRate: number;
    readonly transfer?: Partial<TransferSettings>;
  },
): Promise<Activations> {
  const training = await openTraining(runtime, config, { shape, seed, transfer });
  const batch = randomTokens(new Random(seed), config.vocabSize, shape);
  const settings = { learningRate, weightDecay: 0, clipNorm: 1e30 };
  for (let step = 1; step <= steps; step++) {
    await training.stepper.step(batch, { ...settings, step });
  }
  const result = await activations(runtime, config, { state: training.state, batch, shape });
  training.release();
  return result;
}

/** Least-squares slopes of the logarithms of activations over that of a size. */
export function activationSlopes(
  sizes: readonly number[],
  rows: readonly Activations[],
): Activations {
  const of = (name: keyof Activations) =>
    logSlope(
      sizes,
      rows.map((row) => row[name]),
    );
  return { residual: of("residual"), attention: of("attention"), logits: of("logits") };
}

function logSlope(x: readonly number[], y: readonly number[]): number {
  const [logX, logY] = [x.map(Math.log), y.map(Math.log)];
  const [middleX, middleY] = [meanOf(logX), meanOf(logY)];
  const products = logX.map((value, i) => (value - middleX) * (logY[i]! - middleY));
  return meanOf(products) / meanOf(logX.map((value) => (value - middleX) ** 2));
}

/**
 * How fast activations may grow with the width: half of what a sum of independent terms does, whose
 * exponent is 1/2; that of aligned terms is 1.
 */
export const activationBound = 0.25;

/**
 * The learning rate of the check, above a recipe's: in 8 steps a wrong rule has to show. Measured on
 * the dial's depths 1 to 5, 1 to 8 and 1 to 15, seeds 1 to 3: the residual stream's power is at most
 * 0.14 by our rules, at least 0.31 with rates that ignore the width.
 */
const checkedRate = 0.02;

/** What the coordinate check found of a ladder's models. */
export interface CoordinateHealth {
  readonly widths: readonly number[];
  readonly rows: readonly Activations[];
  readonly slopes: Activations;
  /** What is wrong; undefined when nothing is. */
  readonly problem: string | undefined;
}

/**
 * The coordinate check of a ladder: after a few steps its models' activations have the same size,
 * however wide and deep they are. Otherwise its rungs do not train alike, and no law holds of them.
 *
 * @param configs - one for each rung; towers are left out
 * @param transfer - other rules than the model's own, to see that they fail
 * @see Yang et al. 2022, arXiv 2203.03466, appendix D.1
 */
export async function coordinateCheck(
  runtime: Runtime,
  configs: readonly ModelConfig[],
  {
    seed,
    transferOf = () => ({}),
  }: {
    readonly seed: number;
    readonly transferOf?: (config: ModelConfig) => Partial<TransferSettings>;
  },
): Promise<CoordinateHealth> {
  const rows: Activations[] = [];
  for (const { vision: _, ...config } of configs) {
    const transfer = transferOf(config);
    rows.push(
      await trainedActivations(runtime, config, { seed, learningRate: checkedRate, transfer }),
    );
  }
  const widths = configs.map(({ embedDim }) => embedDim);
  const slopes = activationSlopes(widths, rows);
  const grown = (["residual", "logits"] as const).filter(
    (name) => !(Math.abs(slopes[name]) <= activationBound),
  );
  const problem =
    grown.length === 0
      ? undefined
      : `after ${steps} steps ${grown.map((name) => `the ${name} change with the width's power ${slopes[name].toFixed(2)}`).join(", ")}; up to ${activationBound} is healthy`;
  return { widths, rows, slopes, problem };
}
