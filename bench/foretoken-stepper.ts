/** Our side of the training benchmark. */
import { gridPatches } from "../src/model/image/geometry.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { adamw } from "../src/train/adamw.ts";
import { imageRows, rowPatchesFor } from "../src/train/image-rows.ts";
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
  const { model: config, batchSize, seqLen, tokens, targets } = shape;
  const state = new TrainState(runtime, parameterGroups(config), adamw);
  for (const [name, values] of Object.entries(parameters)) {
    await state.parameters.get(name)!.write(values);
  }
  const largest = Math.max(0, ...shape.images.map(({ pixels }) => gridPatches(pixels.grid)));
  const rowShape = { batchSize, seqLen, parts: 1, rowPatches: rowPatchesFor(largest) };
  const stepShape = { ...rowShape, hasDocuments: false };
  const stepper = await Stepper.open(runtime, {
    config,
    shape: stepShape,
    optimizer: adamw,
    state,
  });
  // made ready before the step, as in training
  const batch = { tokens, targets, images: imageRows(shape.images, rowShape) };
  let step = 0;
  const next = async () => (await stepper.step(batch, { ...settings, step: ++step })).loss;
  let loss = await next();
  const first = { loss, gradients: await gradientNorms(state) };
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
    ...{ tokensPerStep: batchSize * seqLen, flopsPerStep, first, step: timed },
    loss: async () => loss,
    release: async () => {
      stepper.release();
      state.release();
    },
  };
}

/** After the first step, the first moment is the clipped gradient: `adamw` keeps decayed sums. */
async function gradientNorms({ slots, parameters }: TrainState): Promise<Record<string, number>> {
  const norms: Record<string, number> = {};
  for (const name of parameters.keys()) {
    const values = (await slots.get(`slot0.${name}`)!.read()) as Float32Array;
    norms[name] = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  }
  return norms;
}
