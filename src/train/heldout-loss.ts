import type { Batch } from "../data/batch.ts";
import type { Dataset } from "../data/dataset.ts";
import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { languageLoss } from "../model/language-loss.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer, Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import type { RunLoss } from "../workspace/run-row.ts";
import { timeMajorParts } from "./stepper.ts";
import { WindowSums, weightedLoss } from "./window-sums.ts";

const batchSize = 16;

/** Losses on held-out text: each loss of the data set, and their published weighting. */
export interface HeldoutLosses {
  readonly losses: Readonly<Record<string, RunLoss>>;
  /** The data set's weighting of the losses. */
  readonly total: RunLoss;
}

/** Measures held-out losses with the parameters as they are at the moment of the call. */
export class HeldoutLoss {
  readonly #dataset: Dataset;
  readonly #seqLen: number;
  readonly #binding: Binding;
  readonly #inputs: { tokens: Buffer; targets: Buffer; documents: Buffer };
  readonly #nats: Buffer;

  private constructor(
    measured: { dataset: Dataset; seqLen: number },
    binding: Binding,
    buffers: { inputs: { tokens: Buffer; targets: Buffer; documents: Buffer }; nats: Buffer },
  ) {
    this.#dataset = measured.dataset;
    this.#seqLen = measured.seqLen;
    this.#binding = binding;
    this.#inputs = buffers.inputs;
    this.#nats = buffers.nats;
  }

  /** Compiles the measurement and binds it to the parameters' memory. */
  static async open(
    runtime: Runtime,
    options: {
      readonly dataset: Dataset;
      readonly config: ModelConfig;
      readonly seqLen: number;
      readonly parameters: ReadonlyMap<string, Buffer>;
    },
  ): Promise<HeldoutLoss> {
    const { dataset, config, seqLen, parameters } = options;
    const rows = batchSize * seqLen;
    const nats = languageLoss(parameterInputs(config), config, {
      tokens: input("tokens", "int32", [rows]),
      targets: input("targets", "int32", [rows]),
      documents: input("documents", "int32", [batchSize, seqLen]),
      batch: batchSize,
    });
    const session = await loadProgram(runtime, { nats });
    const inputs = {
      tokens: runtime.allocate("int32", [rows]),
      targets: runtime.allocate("int32", [rows]),
      documents: runtime.allocate("int32", [batchSize, seqLen]),
    };
    const out = runtime.allocate("float32", [rows]);
    const binding = session.bind({ ...inputs, ...Object.fromEntries(parameters) }, { nats: out });
    return new HeldoutLoss({ dataset, seqLen }, binding, { inputs, nats: out });
  }

  /** Losses on all held-out text. Standard errors are clustered by window. */
  async measure(): Promise<HeldoutLosses> {
    const losses: Record<string, RunLoss> = {};
    const { manifest } = this.#dataset;
    for (const { name, sources } of manifest.losses) {
      const sums = new WindowSums();
      for (const source of sources) {
        const set = this.#dataset.heldout(source, this.#seqLen);
        for (let start = 0; start < set.windows; start += batchSize) {
          await this.#add(sums, await set.read(start, batchSize));
        }
        sums.bytes += set.bytes;
      }
      losses[name] = sums.loss();
    }
    return { losses, total: weightedLoss(manifest.losses, losses) };
  }

  /**
   * Mean nats per token over the first windows of every validation set, for a look in between;
   * undefined when the data is too small to have any.
   */
  async validate(windowsPerSource: number): Promise<number | undefined> {
    const sums = new WindowSums();
    for (const { name, heldoutOnly, tokens } of this.#dataset.manifest.sources) {
      if (heldoutOnly || tokens.validation === 0) continue;
      const set = this.#dataset.validation(name, this.#seqLen);
      const windows = Math.min(set.windows, windowsPerSource);
      for (let start = 0; start < windows; start += batchSize) {
        await this.#add(sums, await set.read(start, Math.min(batchSize, windows - start)));
      }
    }
    const { nats, tokens } = sums.loss();
    return tokens > 0 ? nats : undefined;
  }

  /** Gives up the binding and its buffers; the parameters stay. */
  release(): void {
    this.#binding.release();
    for (const buffer of [...Object.values(this.#inputs), this.#nats]) buffer.release();
  }

  async #add(sums: WindowSums, batch: Batch): Promise<void> {
    const seqLen = this.#seqLen;
    const shape = { batchSize, seqLen, parts: 1 };
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
    await this.#binding.run();
    const nats = (await this.#nats.read()) as Float32Array;
    for (let window = 0; window < batch.sources.length; window++) {
      let [total, count] = [0, 0];
      for (let time = 0; time < seqLen; time++) {
        if (targets[window * seqLen + time] === ignoredTarget) continue;
        total += nats[time * batchSize + window]!;
        count++;
      }
      sums.add(total, count);
    }
  }
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
