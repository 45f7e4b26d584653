import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import {
  gridPatches,
  gridTokens,
  longestPatchSide,
  patchesPerToken,
  patchLength,
} from "../model/image/geometry.ts";
import { patchPlaces, writePatches } from "../model/image/patches.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { visionTower } from "../model/image/tower.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { RecentlyUsed } from "../workspace/recently-used.ts";
import { Turns } from "../workspace/turns.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";
import { featureAt, noTower, type PlacedImage } from "./placed-image.ts";

/** Features that are kept: 128 images of 1,024 tokens for a decoder 512 wide. */
const defaultKeptBytes = 256 * 2 ** 20;

/** Graphs are static, so an image's patches are padded to one of these numbers of places. */
const placesOf = [32, 64, 128, 256, 512, 1024, 2048, longestPatchSide ** 2];

type TowerBuffers = Readonly<Record<"patches" | "positions" | "images" | "features", Buffer>>;

interface Tower {
  readonly binding: Binding;
  readonly buffers: TowerBuffers;
}

/**
 * Runs the vision tower over one image at a time and keeps what it gave, by the image's identity:
 * an image that is shown again, anywhere in any text, is not encoded again.
 */
export class ImageEncoder {
  readonly #weights: ModelWeights;
  readonly #towers = new Map<number, Tower>();
  readonly #turns = new Turns();
  /** By hash. */
  readonly #kept: RecentlyUsed<string, Float32Array>;

  /**
   * @param options.keptBytes - of features; the image that was asked for last is always kept
   * @throws {ModelError} when the model reads no images
   */
  constructor(weights: ModelWeights, options: { readonly keptBytes?: number } = {}) {
    if (weights.config.vision === undefined) throw noTower();
    this.#weights = weights;
    this.#kept = new RecentlyUsed(options.keptBytes ?? defaultKeptBytes);
  }

  /**
   * What stands in place of embeddings in a part of a text.
   *
   * @param images - those of the text, by `placeImages`
   * @param start - the first of the text's tokens
   * @param end - behind the last one
   * @returns [end - start, embedDim], zeros where there is no `[IMG]`; undefined when there is none
   */
  async rows(
    images: readonly PlacedImage[],
    start: number,
    end: number,
  ): Promise<Float32Array | undefined> {
    const width = this.#weights.config.embedDim;
    let rows: Float32Array | undefined;
    for (const image of images.filter((each) => each.start < end && each.end > start)) {
      const features = await this.encode(image);
      for (let at = Math.max(start, image.start); at < Math.min(end, image.end); at++) {
        const feature = featureAt(image, at);
        if (feature === undefined) continue;
        rows ??= new Float32Array((end - start) * width);
        const row = features.subarray(feature * width, (feature + 1) * width);
        rows.set(row, (at - start) * width);
      }
    }
    return rows;
  }

  /**
   * The decoder's rows for an image, [gridTokens, embedDim], not to be written to.
   *
   * @param image - of a size that `placeImages` takes
   */
  encode(image: Pick<PlacedImage, "pixels" | "hash">): Promise<Float32Array> {
    const bytes = 4 * gridTokens(image.pixels.grid) * this.#weights.config.embedDim;
    const run = () => this.#turns.take(() => this.#run(image.pixels));
    return this.#kept.get(image.hash, bytes, run);
  }

  /** Frees the graphs' memory; the weights stay. */
  release(): void {
    for (const { binding, buffers } of this.#towers.values()) {
      binding.release();
      for (const buffer of Object.values(buffers)) buffer.release();
    }
  }

  async #run(pixels: ImagePixels): Promise<Float32Array> {
    const count = gridPatches(pixels.grid);
    const places = placesOf.find((size) => size >= count)!;
    const { binding, buffers } = this.#towers.get(places) ?? (await this.#open(places));
    const patches = new Float32Array(places * patchLength);
    writePatches(pixels, patches, 0);
    const positions = new Int32Array(places);
    positions.set(patchPlaces(pixels.grid));
    await buffers.patches.write(patches);
    await buffers.positions.write(positions);
    await buffers.images.write(new Int32Array(places).fill(-1).fill(0, 0, count));
    await binding.run();
    const features = (await buffers.features.read()) as Float32Array;
    return features.slice(0, gridTokens(pixels.grid) * this.#weights.config.embedDim);
  }

  async #open(places: number): Promise<Tower> {
    const { runtime, config } = this.#weights;
    const session = await loadProgram(runtime, { features: towerRows(config, places) });
    const buffers = {
      patches: runtime.allocate("float32", [places, patchLength]),
      positions: runtime.allocate("int32", [1, places]),
      images: runtime.allocate("int32", [1, places]),
      features: runtime.allocate("float32", [places / patchesPerToken, config.embedDim]),
    };
    const { features, ...fed } = buffers;
    const inputs = { ...weightsFor(this.#weights, session.inputNames), ...fed };
    const tower = { binding: session.bind(inputs, { features }), buffers };
    this.#towers.set(places, tower);
    return tower;
  }
}

function towerRows(config: ModelConfig, places: number) {
  return visionTower(parameterInputs(config), config.vision!, {
    patches: input("patches", "float32", [places, patchLength]),
    positions: input("positions", "int32", [1, places]),
    images: input("images", "int32", [1, places]),
  });
}
