/**
 * `npm run bench memory`: resident memory of this process while it trains; the large shape of
 * `bench train`, and 10,000 steps of a tiny model.
 */
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "../src/model/config.ts";
import { initialParameters } from "../src/model/initialise.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { adamw } from "../src/train/adamw.ts";
import { parameterGroups } from "../src/train/parameter-groups.ts";
import { Stepper } from "../src/train/stepper.ts";
import { TrainState } from "../src/train/train-state.ts";
import type { Bench, Row } from "./harness.ts";

const residentMegabytes = (): number => process.memoryUsage.rss() / 1e6;

/** Growth over a long tiny run first, while the process is small; then the large shape's peak. */
export const bench: Bench = {
  description: "resident memory of training",
  async run({ print }) {
    const runtime = await openRuntime();
    const tiny = await memoryOf(runtime, {
      config: modelConfig({ layers: 2, embedDim: 16, heads: 1, vocabSize: 256, seqLen: 32 }),
      batchSize: 2,
      steps: 10_000,
    });
    print(`tiny model: ${tiny.early.toFixed(0)} MB after 1,000 steps`);
    const large = await memoryOf(runtime, {
      config: modelConfig({ layers: 6, embedDim: 384, heads: 6, vocabSize: 4096, seqLen: 256 }),
      batchSize: 16,
      steps: 3,
    });
    runtime.release();
    return [
      row("tiny model, growth from step 1,000 to 10,000", tiny.last - tiny.early),
      row("6/384/256/16, highest resident memory (limit 3,000)", large.peak),
    ];
  },
};

const row = (name: string, value: number): Row => ({
  name,
  value,
  unit: "MB",
  baseline: null,
  ratio: null,
});

function modelConfig(size: {
  readonly layers: number;
  readonly embedDim: number;
  readonly heads: number;
  readonly vocabSize: number;
  readonly seqLen: number;
}): ModelConfig {
  const { seqLen, ...rest } = size;
  const headDim = size.embedDim / size.heads;
  const mlpDim = Math.round(size.embedDim / 6) * 16;
  const fixed = { ropeTheta: defaultRopeTheta, rmsNormEps: defaultRmsNormEps };
  return { ...rest, kvHeads: size.heads, headDim, mlpDim, maxSeqLen: seqLen, ...fixed };
}

async function memoryOf(
  runtime: Runtime,
  run: { readonly config: ModelConfig; readonly batchSize: number; readonly steps: number },
): Promise<{ readonly early: number; readonly last: number; readonly peak: number }> {
  const { config, batchSize, steps } = run;
  const { maxSeqLen: seqLen, vocabSize } = config;
  const state = new TrainState(runtime, parameterGroups(config), adamw);
  const initial = initialParameters(config, 1);
  for (const [name, buffer] of state.parameters) await buffer.write(initial[name]!);
  const shape = { batchSize, seqLen, parts: 1, hasDocuments: false, rowPatches: 0 };
  const stepper = await Stepper.open(runtime, { config, shape, optimizer: adamw, state });
  const tokens = Int32Array.from({ length: batchSize * seqLen }, (_, i) => (i * 7919) % vocabSize);
  let [early, peak] = [0, 0];
  for (let step = 1; step <= steps; step++) {
    const settings = { step, learningRate: 1e-4, weightDecay: 0, clipNorm: 1 };
    await stepper.step({ tokens, targets: tokens }, settings);
    if (step === Math.ceil(steps / 10)) early = residentMegabytes();
    peak = Math.max(peak, residentMegabytes());
  }
  stepper.release();
  state.release();
  return { early, last: residentMegabytes(), peak };
}
