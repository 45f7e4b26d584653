import type { ModelConfig } from "../model/config.ts";
import { type Dial, type DialSettings, dial } from "../model/dial.ts";
import type { DeviceName } from "../tensor/session.ts";
import type { OptimizerName } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";

/** Everything that decides the numbers of a run; kept in the run's `config.json`. */
export interface RunSettings extends Schedule {
  /** The dial's setting; null when the shape was given by hand. */
  readonly depth: number | null;
  readonly model: ModelConfig;
  /** Folder of the built data set. */
  readonly dataset: string;
  readonly seed: number;
  /** Sequences per optimizer step. */
  readonly batchSize: number;
  /** Parts that a batch is computed in, with accumulated gradients; divides `batchSize`. */
  readonly gradientAccumulation: number;
  readonly seqLen: number;
  readonly weightDecay: number;
  /** Largest global gradient norm. */
  readonly clipNorm: number;
  readonly optimizer: OptimizerName;
  readonly device: DeviceName;
  /** Threads of the runtime: part of what makes a run repeatable. */
  readonly threads: number;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Steps between looks at the validation loss. */
  readonly validateEvery: number;
}

/** What the dial leaves open. */
export interface SettingsChoices extends DialSettings {
  readonly depth: number;
  readonly dataset: string;
  readonly seed: number;
  readonly device: DeviceName;
  readonly threads: number;
  /** Changes to what the dial says. */
  readonly overrides?: Partial<RunSettings>;
}

/** Settings of a run from the dial and a few choices. */
export function settingsFromDial(choices: SettingsChoices): RunSettings {
  const { depth, dataset, seed, device, threads, overrides, ...dialSettings } = choices;
  const setting: Dial = dial(depth, dialSettings);
  const steps = overrides?.steps ?? setting.steps;
  const scale = steps / setting.steps; // another horizon keeps the shares of its phases
  return {
    depth,
    model: setting.model,
    dataset,
    seed,
    batchSize: setting.batchSize,
    gradientAccumulation: 1,
    seqLen: setting.seqLen,
    steps,
    warmupSteps: Math.max(1, Math.round(setting.warmupSteps * scale)),
    decaySteps: Math.round(setting.decaySteps * scale),
    learningRate: setting.learningRate,
    weightDecay: setting.weightDecay,
    clipNorm: 1,
    optimizer: "adamw",
    device,
    threads,
    checkpointEvery: Math.max(50, Math.ceil(steps / 10)),
    validateEvery: Math.max(25, Math.ceil(steps / 20)),
    ...overrides,
  };
}
