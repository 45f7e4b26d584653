/**
 * `npm run bench shakespeare`: nanoGPT's small CPU run (4 layers, width 128, context 64, batch 12,
 * 2,000 steps) on Tiny Shakespeare's characters. Its validation loss there is 1.88 nats.
 */

import { parameterInputs } from "../src/model/blocks.ts";
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "../src/model/config.ts";
import { learningRateFor } from "../src/model/dial.ts";
import { initialParameters } from "../src/model/initialise.ts";
import { languageLoss } from "../src/model/language-loss.ts";
import { Random } from "../src/statistics/random.ts";
import { sharedText, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import { loadProgram } from "../src/tensor/program.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Buffer, Runtime } from "../src/tensor/session.ts";
import { input } from "../src/tensor/tensor.ts";
import { adamw } from "../src/train/adamw.ts";
import { parameterGroups } from "../src/train/parameter-groups.ts";
import { learningRateAt } from "../src/train/schedule.ts";
import { type StepBatch, Stepper } from "../src/train/stepper.ts";
import { timeMajorParts } from "../src/train/time-major.ts";
import { TrainState } from "../src/train/train-state.ts";
import type { Bench } from "./harness.ts";

const nanoGptLossNats = 1.88; // its README, "I only have a macbook"
const steps = 2000;
const batchSize = 12;
const seqLen = 64;
const seed = 1;

/** Validation loss of the whole last tenth of the text, in windows, after the run. */
export const bench: Bench = {
  description: "validation loss on Tiny Shakespeare's characters after nanoGPT's small CPU run",
  async run({ print }) {
    const text = sharedText("benchmarks/tinyshakespeare/input.txt");
    if (text === undefined) throw new Error(withoutSharedData);
    const { ids, vocabSize } = characterIds(text);
    const cut = Math.floor(0.9 * ids.length); // nanoGPT's split
    const config = modelConfig(vocabSize);
    const runtime = await openRuntime();
    const state = new TrainState(runtime, parameterGroups(config), adamw);
    const initial = initialParameters(config, seed);
    for (const [name, buffer] of state.parameters) await buffer.write(initial[name]!);
    const seconds = await train(runtime, { config, state, ids: ids.subarray(0, cut), print });
    const loss = await evaluate(runtime, config, {
      parameters: state.parameters,
      ids: ids.subarray(cut),
    });
    runtime.release();
    print(`${steps} steps in ${seconds.toFixed(0)} s, seed ${seed}`);
    return [
      {
        name: "4/128/64/12, 2,000 steps",
        value: loss,
        unit: "nats per character",
        baseline: `nanoGPT ${nanoGptLossNats}`,
        ratio: loss / nanoGptLossNats,
      },
    ];
  },
};

function characterIds(text: string): { ids: Int32Array; vocabSize: number } {
  const characters = [...new Set(text)].sort();
  const idOf = new Map(characters.map((character, id) => [character, id]));
  const ids = Int32Array.from(text, (character) => idOf.get(character)!);
  return { ids, vocabSize: characters.length };
}

function modelConfig(vocabSize: number): ModelConfig {
  const heads = 4;
  const width = { embedDim: 128, layers: 4, heads, kvHeads: heads, headDim: 32, mlpDim: 384 };
  const rest = { ropeTheta: defaultRopeTheta, rmsNormEps: defaultRmsNormEps };
  return { vocabSize, ...width, maxSeqLen: seqLen, ...rest };
}

async function train(
  runtime: Runtime,
  run: {
    readonly config: ModelConfig;
    readonly state: TrainState;
    readonly ids: Int32Array;
    readonly print: (line: string) => void;
  },
): Promise<number> {
  const { config, state, ids } = run;
  const shape = { batchSize, seqLen, parts: 1, hasDocuments: false, rowPatches: 0 };
  const stepper = await Stepper.open(runtime, { config, shape, optimizer: adamw, state });
  const tokens = steps * batchSize * seqLen;
  const learningRate = learningRateFor(batchSize * seqLen, tokens);
  const schedule = { steps, warmupSteps: 40, decaySteps: steps / 2, learningRate };
  const random = new Random(seed);
  const start = performance.now();
  for (let step = 1; step <= steps; step++) {
    const { loss } = await stepper.step(
      windows(ids, batchSize, () => random.uniform()),
      {
        step,
        learningRate: learningRateAt(step, schedule),
        weightDecay: 1 / (learningRate * steps),
        clipNorm: 1,
      },
    );
    if (step % 500 === 0) run.print(`step ${step}: training loss ${loss.toFixed(3)}`);
  }
  stepper.release();
  return (performance.now() - start) / 1000;
}

/** Random windows, each with the character after every position. */
function windows(ids: Int32Array, count: number, uniform: () => number): StepBatch {
  const tokens = new Int32Array(count * seqLen);
  const targets = new Int32Array(count * seqLen);
  for (let row = 0; row < count; row++) {
    const start = Math.floor(uniform() * (ids.length - seqLen));
    tokens.set(ids.subarray(start, start + seqLen), row * seqLen);
    targets.set(ids.subarray(start + 1, start + seqLen + 1), row * seqLen);
  }
  return { tokens, targets };
}

async function evaluate(
  runtime: Runtime,
  config: ModelConfig,
  { parameters, ids }: { parameters: ReadonlyMap<string, Buffer>; ids: Int32Array },
): Promise<number> {
  const batch = 32;
  const positions = batch * seqLen;
  const nats = languageLoss(parameterInputs(config), config, {
    tokens: input("tokens", "int32", [positions]),
    targets: input("targets", "int32", [positions]),
    documents: undefined,
    batch,
  });
  const session = await loadProgram(runtime, { nats });
  const tokens = runtime.allocate("int32", [positions]);
  const targets = runtime.allocate("int32", [positions]);
  const out = runtime.allocate("float32", [positions]);
  const binding = session.bind(
    { tokens, targets, ...Object.fromEntries(parameters) },
    { nats: out },
  );
  const shape = { batchSize: batch, seqLen, parts: 1 };
  let [total, count] = [0, 0];
  for (let start = 0; start + positions < ids.length; start += positions) {
    await tokens.write(timeMajorParts(ids.subarray(start, start + positions), shape));
    await targets.write(timeMajorParts(ids.subarray(start + 1, start + positions + 1), shape));
    await binding.run();
    total += ((await out.read()) as Float32Array).reduce((sum, value) => sum + value, 0);
    count += positions;
  }
  return total / count;
}
