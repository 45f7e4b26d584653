import type { ModelConfig } from "../model/config.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer, Runtime } from "../tensor/session.ts";
import { adamScalars } from "./adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { type StepShape, scalarCount, scalarSlots, stepGraph } from "./step-graph.ts";
import type { TrainState } from "./train-state.ts";

/** Sequences of a step, batch-major. */
export interface StepBatch {
  /** [batchSize, seqLen] */
  readonly tokens: Int32Array;
  /** [batchSize, seqLen], the token after each position; `ignoredTarget` where none is wanted. */
  readonly targets: Int32Array;
  /** [batchSize, seqLen]; read when the step's shape has documents. */
  readonly documents?: Int32Array;
}

/** Numbers of one step. */
export interface StepSettings {
  /** 1 for the first. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; 1e30 for no clipping. */
  readonly clipNorm: number;
}

/** What a step measured. */
export interface StepResult {
  /** Mean nats per target, before the update. */
  readonly loss: number;
  /** Global norm of the gradient, before clipping. */
  readonly gradientNorm: number;
}

/** Runs whole optimizer steps on a device; the state is updated in place. */
export class Stepper {
  readonly #shape: StepShape;
  readonly #binding: Binding;
  readonly #inputs: { scalars: Buffer; tokens: Buffer; targets: Buffer; documents?: Buffer };
  readonly #results: { loss: Buffer; gradientNorm: Buffer };

  private constructor(
    shape: StepShape,
    binding: Binding,
    buffers: {
      inputs: { scalars: Buffer; tokens: Buffer; targets: Buffer; documents?: Buffer };
      results: { loss: Buffer; gradientNorm: Buffer };
    },
  ) {
    this.#shape = shape;
    this.#binding = binding;
    this.#inputs = buffers.inputs;
    this.#results = buffers.results;
  }

  /**
   * Compiles the step and binds it to the state.
   *
   * @throws {RuntimeError} when the device cannot run the graph
   */
  static async open(
    runtime: Runtime,
    options: {
      readonly config: ModelConfig;
      readonly shape: StepShape;
      readonly optimizer: Optimizer;
      readonly state: TrainState;
    },
  ): Promise<Stepper> {
    const { config, shape, optimizer, state } = options;
    const graph = stepGraph(config, shape, { groups: state.groups, optimizer });
    const session = await loadProgram(runtime, graph);
    const positions = shape.batchSize * shape.seqLen;
    const inputs = {
      scalars: runtime.allocate("float32", [scalarCount]),
      tokens: runtime.allocate("int32", [positions]),
      targets: runtime.allocate("int32", [positions]),
      ...(shape.hasDocuments && {
        documents: runtime.allocate("int32", [shape.batchSize, shape.seqLen]),
      }),
    };
    const results = {
      loss: runtime.allocate("float32", []),
      gradientNorm: runtime.allocate("float32", []),
    };
    const next = Object.entries(state.bindings).map(([name, buffer]) => [`${name}.next`, buffer]);
    const binding = session.bind(
      { ...inputs, ...state.bindings },
      { ...results, ...Object.fromEntries(next) },
    );
    return new Stepper(shape, binding, { inputs, results });
  }

  /** One optimizer step. */
  async step(batch: StepBatch, settings: StepSettings): Promise<StepResult> {
    const { scalars, tokens, targets, documents } = this.#inputs;
    const wanted = batch.targets.reduce((n, target) => n + Number(target !== ignoredTarget), 0);
    await scalars.write(scalarValues(settings, wanted));
    await tokens.write(timeMajorParts(batch.tokens, this.#shape));
    await targets.write(timeMajorParts(batch.targets, this.#shape));
    if (documents !== undefined) await documents.write(batch.documents!);
    await this.#binding.run();
    const loss = await this.#results.loss.read();
    const gradientNorm = await this.#results.gradientNorm.read();
    return { loss: Number(loss[0]), gradientNorm: Number(gradientNorm[0]) };
  }

  /** Gives up the binding and the step's own buffers; the state stays. */
  release(): void {
    this.#binding.release();
    for (const buffer of Object.values({ ...this.#inputs, ...this.#results })) buffer.release();
  }
}

function scalarValues(settings: StepSettings, targets: number): Float32Array {
  const { learningRate, weightDecay, clipNorm } = settings;
  const { adamStep, adamEpsilon } = adamScalars(settings.step, learningRate);
  const values = new Float32Array(scalarCount);
  values[scalarSlots.lossScale] = 1 / Math.max(targets, 1);
  values[scalarSlots.clipNorm] = clipNorm;
  values[scalarSlots.learningRate] = learningRate;
  values[scalarSlots.keep] = 1 - learningRate * weightDecay;
  values[scalarSlots.adamStep] = adamStep;
  values[scalarSlots.adamEpsilon] = adamEpsilon;
  return values;
}

/**
 * Rows of a batch in the order of the step's graph: part by part, each time-major.
 *
 * @param rows - [batchSize, seqLen]
 */
export function timeMajorParts(
  rows: Int32Array,
  shape: { readonly batchSize: number; readonly seqLen: number; readonly parts: number },
): Int32Array {
  const { batchSize, seqLen, parts } = shape;
  const size = batchSize / parts;
  const result = new Int32Array(rows.length);
  for (let sequence = 0; sequence < batchSize; sequence++) {
    const start = Math.floor(sequence / size) * size * seqLen + (sequence % size);
    for (let time = 0; time < seqLen; time++) {
      result[start + time * size] = rows[sequence * seqLen + time]!;
    }
  }
  return result;
}
