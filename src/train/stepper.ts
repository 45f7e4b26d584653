import type { ModelConfig } from "../model/config.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer, Runtime } from "../tensor/session.ts";
import { adamScalars } from "./adamw.ts";
import { type ImageBuffers, imageBuffers, writeImages } from "./image-inputs.ts";
import type { ImageRows } from "./image-rows.ts";
import type { Optimizer } from "./optimizer.ts";
import { type StepShape, scalarCount, scalarSlots, stepGraph } from "./step-graph.ts";
import { timeMajorParts } from "./time-major.ts";
import type { TrainState } from "./train-state.ts";

/** Sequences of a step, batch-major. */
export interface StepBatch {
  /** [batchSize, seqLen] */
  readonly tokens: Int32Array;
  /** [batchSize, seqLen], the token after each position; `ignoredTarget` where none is wanted. */
  readonly targets: Int32Array;
  /** [batchSize, seqLen]; read when the step's shape has documents. */
  readonly documents?: Int32Array;
  /** For a model with a vision tower. */
  readonly images?: ImageRows | undefined;
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

/** What a stepper works on. */
export interface StepperOptions {
  readonly config: ModelConfig;
  /** Of every step; how many rows of images one has is seen from its batch. */
  readonly shape: Omit<StepShape, "imageRows">;
  readonly optimizer: Optimizer;
  readonly state: TrainState;
}

/** A compiled step with the memory of its images. */
interface OpenStep {
  readonly binding: Binding;
  readonly images: ImageBuffers | undefined;
}

/**
 * Runs whole optimizer steps on a device; the state is updated in place. Graphs are static, so
 * there is one for each number of rows of images, compiled when it first comes.
 */
export class Stepper {
  readonly #runtime: Runtime;
  readonly #options: StepperOptions;
  readonly #inputs: { scalars: Buffer; tokens: Buffer; targets: Buffer; documents?: Buffer };
  readonly #results: { loss: Buffer; gradientNorm: Buffer };
  readonly #steps = new Map<number, OpenStep>();

  private constructor(runtime: Runtime, options: StepperOptions) {
    const { batchSize, seqLen, hasDocuments } = options.shape;
    const positions = batchSize * seqLen;
    this.#runtime = runtime;
    this.#options = options;
    this.#inputs = {
      scalars: runtime.allocate("float32", [scalarCount]),
      tokens: runtime.allocate("int32", [positions]),
      targets: runtime.allocate("int32", [positions]),
      ...(hasDocuments && { documents: runtime.allocate("int32", [batchSize, seqLen]) }),
    };
    this.#results = {
      loss: runtime.allocate("float32", []),
      gradientNorm: runtime.allocate("float32", []),
    };
  }

  /**
   * Compiles the step without images and binds it to the state.
   *
   * @throws {RuntimeError} when the device cannot run the graph
   */
  static async open(runtime: Runtime, options: StepperOptions): Promise<Stepper> {
    const stepper = new Stepper(runtime, options);
    await stepper.#open(0);
    return stepper;
  }

  /** One optimizer step. */
  async step(batch: StepBatch, settings: StepSettings): Promise<StepResult> {
    const { scalars, tokens, targets, documents } = this.#inputs;
    const { shape } = this.#options;
    const imageRows = batch.images?.rows ?? 0;
    const { binding, images } = this.#steps.get(imageRows) ?? (await this.#open(imageRows));
    const wanted = batch.targets.reduce((n, target) => n + Number(target !== ignoredTarget), 0);
    await scalars.write(scalarValues(settings, wanted));
    await tokens.write(timeMajorParts(batch.tokens, shape));
    await targets.write(timeMajorParts(batch.targets, shape));
    if (documents !== undefined) await documents.write(batch.documents!);
    if (images !== undefined) await writeImages(images, batch.images!, { ...shape, imageRows });
    await binding.run();
    const loss = await this.#results.loss.read();
    const gradientNorm = await this.#results.gradientNorm.read();
    return { loss: Number(loss[0]), gradientNorm: Number(gradientNorm[0]) };
  }

  /** Gives up the bindings and the stepper's own buffers; the state stays. */
  release(): void {
    for (const { binding, images } of this.#steps.values()) {
      binding.release();
      for (const buffer of Object.values(images ?? {})) buffer.release();
    }
    for (const buffer of Object.values({ ...this.#inputs, ...this.#results })) buffer.release();
  }

  async #open(imageRows: number): Promise<OpenStep> {
    const { config, optimizer, state } = this.#options;
    const shape = { ...this.#options.shape, imageRows };
    const graph = stepGraph(config, shape, { groups: state.groups, optimizer });
    const session = await loadProgram(this.#runtime, graph);
    const images = imageBuffers(this.#runtime, shape);
    const next = Object.entries(state.bindings).map(([name, buffer]) => [`${name}.next`, buffer]);
    const binding = session.bind(
      { ...this.#inputs, ...images, ...state.bindings },
      { ...this.#results, ...Object.fromEntries(next) },
    );
    const opened = { binding, images };
    this.#steps.set(imageRows, opened);
    return opened;
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
