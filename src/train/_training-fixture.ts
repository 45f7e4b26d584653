import type { ModelConfig } from "../model/config.ts";
import { Random } from "../statistics/random.ts";
import type { Runtime } from "../tensor/session.ts";
import { adamw } from "./adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { type ParameterGroup, parameterGroups } from "./parameter-groups.ts";
import { type StepBatch, Stepper } from "./stepper.ts";
import { TrainState } from "./train-state.ts";

/** A decoder whose steps take milliseconds, with grouped heads and two layers. */
export const tinyModel: ModelConfig = {
  vocabSize: 24,
  embedDim: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  mlpDim: 32,
  maxSeqLen: 16,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
};

/** Sizes of the tests' batches. */
export const tinyShape = { batchSize: 4, seqLen: 8 } as const;

/** A step and its state, released together. */
export interface Training {
  readonly state: TrainState;
  readonly stepper: Stepper;
  /** Parameters and optimizer state, by name. */
  read(): Promise<Record<string, Float32Array>>;
  release(): void;
}

/** Opens a step of the tiny model on random weights, none of which is zero. */
export async function openTraining(
  runtime: Runtime,
  options: {
    readonly optimizer?: Optimizer;
    readonly parts?: number;
    readonly hasDocuments?: boolean;
    readonly batchSize?: number;
    readonly groups?: readonly ParameterGroup[];
    readonly config?: ModelConfig;
    readonly seqLen?: number;
    readonly rowPatches?: number;
  } = {},
): Promise<Training> {
  const { optimizer = adamw, parts = 1, hasDocuments = false } = options;
  const { config = tinyModel, seqLen = tinyShape.seqLen, rowPatches = 0 } = options;
  const groups = options.groups ?? parameterGroups(config);
  const state = new TrainState(runtime, groups, optimizer);
  const random = new Random(11);
  for (const buffer of state.parameters.values()) {
    const count = buffer.shape.reduce((product, size) => product * size, 1);
    await buffer.write(Float32Array.from({ length: count }, () => 0.4 * random.normal()));
  }
  const batchSize = options.batchSize ?? tinyShape.batchSize;
  const shape = { batchSize, seqLen, parts, hasDocuments, rowPatches };
  const stepper = await Stepper.open(runtime, { config, shape, optimizer, state });
  return {
    state,
    stepper,
    async read() {
      const entries = [...state.parameters, ...state.slots].map(
        async ([name, buffer]) => [name, (await buffer.read()) as Float32Array] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    },
    release() {
      stepper.release();
      state.release();
    },
  };
}

/** Random sequences, each token the target of the position before it. */
export function randomBatch(seed: number, batchSize: number = tinyShape.batchSize): StepBatch {
  const { seqLen } = tinyShape;
  const random = new Random(seed);
  const tokens = new Int32Array(batchSize * seqLen);
  const targets = new Int32Array(batchSize * seqLen);
  for (let row = 0; row < batchSize; row++) {
    let token = random.integer(tinyModel.vocabSize);
    for (let time = 0; time < seqLen; time++) {
      tokens[row * seqLen + time] = token;
      token = random.integer(tinyModel.vocabSize);
      targets[row * seqLen + time] = token;
    }
  }
  return { tokens, targets };
}
