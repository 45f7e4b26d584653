/** Our side of the training benchmark. */
import type { Runtime } from "../src/tensor/session.ts";
import { adamw } from "../src/train/adamw.ts";
import { parameterGroups } from "../src/train/parameter-groups.ts";
import { Stepper } from "../src/train/stepper.ts";
import { TrainState } from "../src/train/train-state.ts";
import type { TrainShape, TrainStepper } from "./train-stepper.ts";

/** As in the PyTorch baseline. */
const settings = { learningRate: 1e-3, weightDecay: 0.1, clipNorm: 1 };
const warmupSteps = 3;

/** What our side starts from. */
export interface ForetokenOptions {
  readonly runtime: Runtime;
  readonly flopsPerStep: number;
  /** Initial values of every tensor, by name. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** Our whole optimizer step for a shape, warmed up; one causal sequence per row, as PyTorch's. */
export async function openForetoken(
  shape: TrainShape,
  { runtime, flopsPerStep, parameters }: ForetokenOptions,
): Promise<TrainStepper> {
  const { model: config, batchSize, seqLen } = shape;
  const state = new TrainState(runtime, parameterGroups(config), adamw);
  for (const [name, values] of Object.entries(parameters)) {
    await state.parameters.get(name)!.write(values);
  }
  const stepShape = { batchSize, seqLen, parts: 1, hasDocuments: false, rowPatches: 0 };
  const stepper = await Stepper.open(runtime, {
    config,
    shape: stepShape,
    optimizer: adamw,
    state,
  });
  const batch = { tokens: columns(shape, 0), targets: columns(shape, 1) };
  let step = 0;
  const next = async () => (await stepper.step(batch, { ...settings, step: ++step })).loss;
  const firstLoss = await next();
  let loss = firstLoss;
  const timed = async (n: number) => {
    const seconds: number[] = [];
    for (let i = 0; i < n; i++) {
      const start = performance.now();
      loss = await next();
      seconds.push((performance.now() - start) / 1000);
    }
    return seconds;
  };
  await timed(warmupSteps - 1);
  return {
    ...{ tokensPerStep: batchSize * seqLen, flopsPerStep, firstLoss, step: timed },
    loss: async () => loss,
    release: async () => {
      stepper.release();
      state.release();
    },
  };
}

/** [batchSize, seqLen] of the batch's tokens, from the given column on. */
function columns({ tokens, batchSize, seqLen }: TrainShape, first: number): Int32Array {
  const result = new Int32Array(batchSize * seqLen);
  for (let row = 0; row < batchSize; row++) {
    const start = row * (seqLen + 1) + first;
    result.set(tokens.subarray(start, start + seqLen), row * seqLen);
  }
  return result;
}
