import { type Batch, joinBatches } from "../data/batch.ts";
import type { Dataset } from "../data/dataset.ts";
import type { HeldoutSet } from "../data/heldout.ts";
import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { languageLoss } from "../model/language-loss.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer, Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import type { RunLoss } from "../workspace/run-row.ts";
import {
  type ImageBuffers,
  type ImageInputShape,
  imageBuffers,
  imageInputs,
  writeImages,
} from "./image-inputs.ts";
import { imageRows, rowPatchesFor } from "./image-rows.ts";
import { timeMajorParts } from "./time-major.ts";
import { WindowSums, weightedLoss } from "./window-sums.ts";

const batchSize = 16;

/** Losses on held-out text: each loss of the data set, and their published weighting. */
export interface HeldoutLosses {
  readonly losses: Readonly<Record<string, RunLoss>>;
  /** The data set's weighting of the losses. */
  readonly total: RunLoss;
}

/** What held-out losses are measured with. */
export interface HeldoutOptions {
  readonly dataset: Dataset;
  readonly config: ModelConfig;
  readonly seqLen: number;
  readonly parameters: ReadonlyMap<string, Buffer>;
}

interface OpenMeasurement {
  readonly binding: Binding;
  readonly images: ImageBuffers | undefined;
}

/** Measures held-out losses with the parameters as they are at the moment of the call. */
export class HeldoutLoss {
  readonly #runtime: Runtime;
  readonly #options: HeldoutOptions;
  readonly #rowPatches: number;
  readonly #inputs: { tokens: Buffer; targets: Buffer; documents: Buffer };
  readonly #nats: Buffer;
  /** By rows of images, as in training. */
  readonly #measurements = new Map<number, OpenMeasurement>();

  private constructor(runtime: Runtime, options: HeldoutOptions) {
    const { seqLen, dataset } = options;
    const rows = batchSize * seqLen;
    this.#runtime = runtime;
    this.#options = options;
    this.#rowPatches = rowPatchesFor(dataset.largestImagePatches);
    this.#inputs = {
      tokens: runtime.allocate("int32", [rows]),
      targets: runtime.allocate("int32", [rows]),
      documents: runtime.allocate("int32", [batchSize, seqLen]),
    };
    this.#nats = runtime.allocate("float32", [rows]);
  }

  /** Compiles the measurement of text and binds it to the parameters' memory. */
  static async open(runtime: Runtime, options: HeldoutOptions): Promise<HeldoutLoss> {
    const heldout = new HeldoutLoss(runtime, options);
    await heldout.#open(0);
    return heldout;
  }

  /** Losses on all held-out text. Standard errors are clustered by window. */
  async measure(): Promise<HeldoutLosses> {
    const losses: Record<string, RunLoss> = {};
    const { dataset, seqLen } = this.#options;
    const { manifest } = dataset;
    for (const { name, sources } of manifest.losses) {
      const sums = new WindowSums();
      const sets = sources.map((source) => dataset.heldout(source, seqLen));
      for await (const batch of fullBatches(sets)) await this.#add(sums, batch);
      losses[name] = sums.loss();
    }
    return { losses, total: weightedLoss(manifest.losses, losses) };
  }

  /**
   * Mean nats per token over the first windows of every validation set, for a look in between;
   * undefined when the data is too small to have any.
   *
   * @param windows - at most, shared equally by the sets; at least one of each is taken
   */
  async validate(windows: number): Promise<number | undefined> {
    const sums = new WindowSums();
    const { dataset, seqLen } = this.#options;
    const sources = dataset.manifest.sources.filter(
      ({ heldoutOnly, tokens }) => !heldoutOnly && tokens.validation > 0,
    );
    const share = Math.ceil(windows / sources.length);
    const sets = sources.map(({ name }) => dataset.validation(name, seqLen));
    for await (const batch of fullBatches(sets, share)) await this.#add(sums, batch);
    const { nats, tokens } = sums.loss();
    return tokens > 0 ? nats : undefined;
  }

  /** Gives up the bindings and their buffers; the parameters stay. */
  release(): void {
    for (const { binding, images } of this.#measurements.values()) {
      binding.release();
      for (const buffer of Object.values(images ?? {})) buffer.release();
    }
    for (const buffer of [...Object.values(this.#inputs), this.#nats]) buffer.release();
  }

  async #open(imageRows: number): Promise<OpenMeasurement> {
    const { config, parameters } = this.#options;
    const shape = this.#shape(imageRows);
    const rows = batchSize * shape.seqLen;
    const nats = languageLoss(parameterInputs(config), config, {
      tokens: input("tokens", "int32", [rows]),
      targets: input("targets", "int32", [rows]),
      documents: input("documents", "int32", [batchSize, shape.seqLen]),
      batch: batchSize,
      images: imageInputs(shape),
    });
    const session = await loadProgram(this.#runtime, { nats });
    const images = imageBuffers(this.#runtime, shape);
    const used = [...parameters].filter(([name]) => session.inputNames.includes(name));
    const binding = session.bind(
      { ...this.#inputs, ...images, ...Object.fromEntries(used) },
      { nats: this.#nats },
    );
    const opened = { binding, images };
    this.#measurements.set(imageRows, opened);
    return opened;
  }

  #shape(imageRows: number): ImageInputShape {
    const { seqLen } = this.#options;
    return { batchSize, seqLen, parts: 1, imageRows, rowPatches: this.#rowPatches };
  }

  async #add(sums: WindowSums, batch: Batch): Promise<void> {
    const { seqLen, config, dataset } = this.#options;
    const images = config.vision && imageRows(batch.images, this.#shape(0));
    const shape = this.#shape(images?.rows ?? 0);
    const opened = this.#measurements.get(shape.imageRows) ?? (await this.#open(shape.imageRows));
    const filled = (values: Int32Array, filler: number) => {
      const result = new Int32Array(batchSize * seqLen).fill(filler);
      result.set(values);
      return result;
    };
    const targets = filled(batch.targets, ignoredTarget);
    const tokens = filled(firstColumns(batch.tokens, seqLen), 0);
    await this.#inputs.tokens.write(timeMajorParts(tokens, shape));
    await this.#inputs.targets.write(timeMajorParts(targets, shape));
    await this.#inputs.documents.write(filled(batch.documents, 0));
    if (images !== undefined) await writeImages(opened.images!, images, shape);
    await opened.binding.run();
    const nats = (await this.#nats.read()) as Float32Array;
    for (let window = 0; window < batch.sources.length; window++) {
      const row = targets.subarray(window * seqLen, (window + 1) * seqLen);
      let total = 0;
      row.forEach((target, time) => {
        if (target !== ignoredTarget) total += nats[time * batchSize + window]!;
      });
      const scored = row.filter((target) => target !== ignoredTarget);
      sums.add(total, scored.length);
      sums.bytes += dataset.tokenizer.decodeBytes([...scored], { skipSpecial: true }).length;
    }
  }
}

/**
 * The windows of sets, one set after the other, in batches that are full but for the last: a graph
 * takes as long for an empty row.
 *
 * @param most - windows of each set
 */
async function* fullBatches(
  sets: readonly HeldoutSet[],
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Batch> {
  let parts: Batch[] = [];
  let room = batchSize;
  for (const set of sets) {
    const windows = Math.min(set.windows, most);
    for (let start = 0; start < windows; ) {
      const part = await set.read(start, Math.min(room, windows - start));
      start += part.sources.length;
      room -= part.sources.length;
      parts.push(part);
      if (room > 0) continue;
      yield joinBatches(parts);
      [parts, room] = [[], batchSize];
    }
  }
  if (parts.length > 0) yield joinBatches(parts);
}

/** The inputs of token windows: all columns but the last. */
export function firstColumns(tokens: Int32Array, seqLen: number): Int32Array {
  const rows = tokens.length / (seqLen + 1);
  const result = new Int32Array(rows * seqLen);
  for (let row = 0; row < rows; row++) {
    const start = row * (seqLen + 1);
    result.set(tokens.subarray(start, start + seqLen), row * seqLen);
  }
  return result;
}
