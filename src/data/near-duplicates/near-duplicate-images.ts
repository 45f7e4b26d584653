import { ConfigError } from "../../errors.ts";
import { HammingIndex, largestDistance } from "./hamming-index.ts";
import { type PerceptualHash, thumbnailDifference } from "./perceptual-hash.ts";
import { RowFile } from "./row-file.ts";

/**
 * Largest difference of a cell of the thumbnails of one picture, in 255. Measured on 240 drawings:
 * at most 28 after JPEG at quality 50, rescaling, darkening or blur, and 34 at quality 20; at least
 * 68 with another colour, form, place or number of things. With one other letter of 24 pixels of 256
 * (n = 60) 43 is the 10th percentile, of 16 pixels 33 the median.
 */
const largestDifference = 32;

/** Neighbours whose thumbnails are compared at most; of pictures all alike in structure, the nearest. */
const mostCompared = 64;

/** The earlier picture that a picture is a near duplicate of. */
export interface ImageTwin {
  /** Its number in the order in which pictures were given to `find`, from 0. */
  readonly image: number;
  /** Bits in which the two hashes differ. */
  readonly distance: number;
}

/**
 * Near duplicates in a stream of pictures, in one pass: the same picture in another size, light,
 * compression or sharpness, not cut or moved. The hashes must lie within a distance and then the
 * thumbnails within `largestDifference`. The first of a cluster is kept, later ones are compared
 * with kept ones only. One other letter is seen from about a tenth of the picture's height on: where
 * smaller ones matter, as in labelled diagrams, ask for a twin of the text as well.
 *
 * Memory: 32 to 56 bytes a kept picture; on disk 3 kB.
 */
export class NearDuplicateImages {
  readonly #index: HammingIndex;
  readonly #thumbnails: RowFile;
  readonly #kept: number[] = [];
  #images = 0;

  /**
   * @param options - `distance`: bits of 63 that may differ, 0 to 15 (8 is twice what was measured
   *   between forms of one picture); `thumbnailFile`: path of a scratch file, removed by `close`
   * @throws {ConfigError} when the distance lies elsewhere
   */
  constructor(options: { readonly distance: number; readonly thumbnailFile: string }) {
    const { distance, thumbnailFile } = options;
    if (!Number.isInteger(distance) || distance < 0 || distance > largestDistance) {
      throw new ConfigError(
        `near duplicate images: expected a distance from 0 to ${largestDistance} bits, got ${distance}`,
      );
    }
    this.#index = new HammingIndex(distance);
    this.#thumbnails = new RowFile(thumbnailFile, 32 * 32 * 3);
  }

  /** The kept picture that this one nearly repeats; undefined when there is none: then it is kept. */
  find({ high, low, thumbnail }: PerceptualHash): ImageTwin | undefined {
    const image = this.#images++;
    for (const { number, distance } of this.#index.find(high, low).slice(0, mostCompared)) {
      if (thumbnailDifference(this.#thumbnails.read(number), thumbnail) > largestDifference)
        continue;
      return { image: this.#kept[number]!, distance };
    }
    this.#index.add(high, low);
    this.#thumbnails.add(thumbnail);
    this.#kept.push(image);
    return undefined;
  }

  /** Frees the scratch file. */
  close(): void {
    this.#thumbnails.close();
  }
}
