import { join } from "node:path";
import { DataError } from "../errors.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { loadTokenizer } from "../model/text/tokenizer-file.ts";
import { type Batch, toBatch } from "./batch.ts";
import type { Split } from "./document.ts";
import { HeldoutSet } from "./heldout.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { TrainingOrder } from "./order.ts";
import { TokenFile } from "./token-file.ts";

/** Which batch of the training order. */
export interface BatchRequest {
  readonly seed: number;
  /** Optimizer step, 0-based. */
  readonly step: number;
  /** Sequences per step. */
  readonly batchSize: number;
  readonly seqLen: number;
}

/** Opens a built data set. @throws {DataError} when it is missing, broken or of another version */
export async function openDataset(folder: string): Promise<Dataset> {
  const manifest = await readManifest(folder);
  const tokenizer = await loadTokenizer(folder);
  const files = { train: new Map(), validation: new Map(), heldout: new Map() } as SplitFiles;
  for (const source of manifest.sources) {
    for (const split of ["train", "validation", "heldout"] as const) {
      const tokens = source.tokens[split];
      if (tokens === 0) continue;
      const path = join(folder, split, `${source.name}.bin`);
      files[split].set(
        source.name,
        await TokenFile.open(path, tokens, manifest.tokenizer.vocabSize),
      );
    }
  }
  return new Dataset(folder, manifest, { tokenizer, files });
}

type SplitFiles = Readonly<Record<Split, Map<string, TokenFile>>>;

/** A built data set: training batches in a fixed order, and fixed held-out windows. */
export class Dataset {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
  readonly #files: SplitFiles;
  #order: { readonly key: string; readonly order: TrainingOrder } | undefined;

  /** Use `openDataset`. */
  constructor(
    folder: string,
    manifest: Manifest,
    parts: { readonly tokenizer: Tokenizer; readonly files: SplitFiles },
  ) {
    this.folder = folder;
    this.manifest = manifest;
    this.tokenizer = parts.tokenizer;
    this.#files = parts.files;
  }

  /**
   * The batch of one optimizer step, a pure function of the request: sequence
   * `step * batchSize + row` of the training order, whatever was asked before.
   */
  async batch({ seed, step, batchSize, seqLen }: BatchRequest): Promise<Batch> {
    const order = this.order(seed, seqLen);
    const training = this.#trainingSources();
    const tokens = new Int32Array(batchSize * (seqLen + 1));
    const sources: number[] = [];
    for (let row = 0; row < batchSize; row++) {
      const { source, window } = order.at(step * batchSize + row);
      const { index, file } = training[source]!;
      const target = tokens.subarray(row * (seqLen + 1), (row + 1) * (seqLen + 1));
      await file.read(window * seqLen, seqLen + 1, target);
      sources.push(index);
    }
    return toBatch(tokens, { seqLen, sources, special: this.tokenizer.special });
  }

  /** The order in which training windows come; `epochs` of it tells how often text repeats. */
  order(seed: number, seqLen: number): TrainingOrder {
    const key = `${seed}/${seqLen}`;
    if (this.#order?.key !== key) {
      const sources = this.#trainingSources().map(({ index, file }) => {
        const { name, weight } = this.manifest.sources[index]!;
        return { name, weight, windows: Math.floor((file.tokens - 1) / seqLen) };
      });
      this.#order = { key, order: new TrainingOrder(seed, sources) };
    }
    return this.#order.order;
  }

  /** Tokens that are trained on when every window is seen once. */
  get trainingTokens(): number {
    return this.#trainingSources().reduce((sum, { file }) => sum + file.tokens, 0);
  }

  /** The fixed held-out windows of a source: what the reported loss is measured on. */
  heldout(source: string, seqLen: number): HeldoutSet {
    return this.#evaluationSet("heldout", source, seqLen);
  }

  /** The fixed validation windows of a source: what is looked at during training. */
  validation(source: string, seqLen: number): HeldoutSet {
    return this.#evaluationSet("validation", source, seqLen);
  }

  /** Closes the data set's files. */
  async close(): Promise<void> {
    for (const files of Object.values(this.#files)) {
      for (const file of files.values()) await file.close();
    }
  }

  #evaluationSet(split: "validation" | "heldout", name: string, seqLen: number): HeldoutSet {
    const source = this.manifest.sources.findIndex((candidate) => candidate.name === name);
    const file = this.#files[split].get(name);
    if (file === undefined) {
      const known = [...this.#files[split].keys()].join(", ") || "none";
      throw new DataError(
        `data set ${this.folder}: expected a source with ${split} text (${known}), got "${name}"`,
      );
    }
    const { tokens, bytes, documents } = this.manifest.sources[source]!;
    const counts = { tokens: tokens[split], bytes: bytes[split], documents: documents[split] };
    return new HeldoutSet(file, { seqLen, counts, source, special: this.tokenizer.special });
  }

  #trainingSources(): { readonly index: number; readonly file: TokenFile }[] {
    return this.manifest.sources.flatMap(({ name }, index) => {
      const file = this.#files.train.get(name);
      return file === undefined ? [] : [{ index, file }];
    });
  }
}
