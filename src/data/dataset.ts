import { DataError } from "../errors.ts";
import { gridPatches, type ImageGrid } from "../model/image/geometry.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { OwnTokenizer } from "../model/text/tokenizer.ts";
import { loadOwnTokenizer } from "../model/text/tokenizer-file.ts";
import { type Batch, type BatchImage, toBatch } from "./batch.ts";
import { type Split, splits } from "./document.ts";
import { HeldoutSet } from "./heldout.ts";
import { ImageFile } from "./images/image-file.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { TrainingOrder } from "./order.ts";
import { type StreamDocument, TokenStream } from "./token-stream.ts";
import type { PlacedImage, Windows } from "./windows.ts";

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
  const { vocabSize } = manifest.tokenizer;
  const tokenizer = await loadOwnTokenizer(folder);
  const images = await ImageFile.open(folder);
  const streams: SplitStreams = { train: new Map(), validation: new Map(), heldout: new Map() };
  for (const source of manifest.sources) {
    for (const split of splits.filter((candidate) => source.tokens[candidate] > 0)) {
      const part = { source, split, vocabSize };
      const stream = await TokenStream.open(folder, part, (image) => images.grid(image));
      streams[split].set(source.name, stream);
    }
  }
  return new Dataset(folder, manifest, { tokenizer, streams, images });
}

type SplitStreams = Readonly<Record<Split, Map<string, TokenStream>>>;

/** Images that training sees, on average. */
export interface ImageLoad {
  readonly grid: ImageGrid;
  /** Images of this grid in a training sequence, a mean over the mix. */
  readonly perSequence: number;
}

/** A built data set: training batches in a fixed order, and fixed held-out windows. */
export class Dataset {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly tokenizer: OwnTokenizer;
  readonly #streams: SplitStreams;
  readonly #images: ImageFile;
  #training: { readonly key: string; readonly sources: readonly TrainingSource[] } | undefined;
  #order: { readonly key: string; readonly order: TrainingOrder } | undefined;

  /** Use `openDataset`. */
  constructor(
    folder: string,
    manifest: Manifest,
    parts: {
      readonly tokenizer: OwnTokenizer;
      readonly streams: SplitStreams;
      readonly images: ImageFile;
    },
  ) {
    this.folder = folder;
    this.manifest = manifest;
    this.tokenizer = parts.tokenizer;
    this.#streams = parts.streams;
    this.#images = parts.images;
  }

  /** Patches of the largest image; 0 without images. */
  get largestImagePatches(): number {
    let largest = 0;
    for (let image = 0; image < this.#images.count; image++) {
      largest = Math.max(largest, gridPatches(this.#images.grid(image)));
    }
    return largest;
  }

  /**
   * The batch of one optimizer step, a pure function of the request: sequence
   * `step * batchSize + row` of the training order, whatever was asked before.
   */
  async batch({ seed, step, batchSize, seqLen }: BatchRequest): Promise<Batch> {
    const order = this.order(seed, seqLen);
    const training = this.#trainingSources(seqLen);
    const { special } = this.tokenizer;
    const tokens = new Int32Array(batchSize * (seqLen + 1)).fill(special.pad);
    const sources: number[] = [];
    const loading: Promise<BatchImage>[] = [];
    for (let row = 0; row < batchSize; row++) {
      const { source, window } = order.at(step * batchSize + row);
      const { index, windows } = training[source]!;
      const target = tokens.subarray(row * (seqLen + 1), (row + 1) * (seqLen + 1));
      const images = await windows.read(window, target);
      loading.push(...images.map((image) => this.#loadImage(row, image)));
      sources.push(index);
    }
    const images = await Promise.all(loading);
    return toBatch(tokens, { seqLen, sources, images, special, isConditioned: false });
  }

  /** The order in which training windows come; `epochs` of it tells how often text repeats. */
  order(seed: number, seqLen: number): TrainingOrder {
    const key = `${seed}/${seqLen}`;
    if (this.#order?.key !== key) {
      const sources = this.#trainingSources(seqLen).map(({ index, windows }) => {
        const { name, loss, weight } = this.manifest.sources[index]!;
        return { name, loss, weight, windows: windows.count };
      });
      this.#order = { key, order: new TrainingOrder(seed, sources) };
    }
    return this.#order.order;
  }

  /** Tokens that are trained on when every window is seen once. */
  get trainingTokens(): number {
    return [...this.#streams.train.values()].reduce((sum, { tokens }) => sum + tokens, 0);
  }

  /** How many images of each size a training sequence has, by which FLOPs are counted. */
  imageLoads(seqLen: number): ImageLoad[] {
    const loads = new Map<string, { grid: ImageGrid; perSequence: number }>();
    for (const { index, stream, windows } of this.#trainingSources(seqLen)) {
      const share = this.manifest.sources[index]!.weight / windows.count;
      for (const image of stream.images) {
        const grid = this.#images.grid(image);
        const key = `${grid.rows}x${grid.columns}`;
        const load = loads.get(key) ?? { grid, perSequence: 0 };
        loads.set(key, load);
        load.perSequence += share;
      }
    }
    return [...loads.values()];
  }

  /** The fixed held-out windows of a source: what the reported loss is measured on. */
  heldout(source: string, seqLen: number): HeldoutSet {
    return this.#evaluationSet("heldout", source, seqLen);
  }

  /** The fixed validation windows of a source: what is looked at during training. */
  validation(source: string, seqLen: number): HeldoutSet {
    return this.#evaluationSet("validation", source, seqLen);
  }

  /** The documents of a source that has images, in order; none where the split has no image. */
  async *imageDocuments(split: Split, source: string): AsyncGenerator<StreamDocument> {
    const stream = this.#streams[split].get(source);
    if (stream?.hasImages === true) yield* stream.documents();
  }

  /** How an image is laid out. */
  imageGrid(number: number): ImageGrid {
    return this.#images.grid(number);
  }

  /** An image of the data set's store, such as a test question's. */
  image(number: number): Promise<ImagePixels> {
    return this.#images.read(number);
  }

  /** Closes the data set's files. */
  async close(): Promise<void> {
    for (const streams of Object.values(this.#streams)) {
      for (const stream of streams.values()) await stream.close();
    }
    await this.#images.close();
  }

  #evaluationSet(split: "validation" | "heldout", name: string, seqLen: number): HeldoutSet {
    const source = this.manifest.sources.findIndex((candidate) => candidate.name === name);
    const stream = this.#streams[split].get(name);
    if (stream === undefined) {
      const known = [...this.#streams[split].keys()].join(", ") || "none";
      throw new DataError(
        `data set ${this.folder}: expected a source with ${split} text (${known}), got "${name}"`,
      );
    }
    const { special } = this.tokenizer;
    const loadImage = this.#loadImage.bind(this);
    const options = { seqLen, source, special, loadImage, isConditioned: stream.hasImages };
    return new HeldoutSet(stream.windows(seqLen, true), options);
  }

  async #loadImage(row: number, { image, column }: PlacedImage): Promise<BatchImage> {
    return { row, column, pixels: await this.#images.read(image) };
  }

  /** Windows of packed streams take a pass over their documents, so the last ones are kept. */
  #trainingSources(seqLen: number): readonly TrainingSource[] {
    const key = String(seqLen);
    if (this.#training?.key !== key) {
      const sources = this.manifest.sources.flatMap(({ name }, index) => {
        const stream = this.#streams.train.get(name);
        return stream === undefined
          ? []
          : [{ index, stream, windows: stream.windows(seqLen, false) }];
      });
      this.#training = { key, sources };
    }
    return this.#training.sources;
  }
}

interface TrainingSource {
  /** In the manifest. */
  readonly index: number;
  readonly stream: TokenStream;
  readonly windows: Windows;
}
