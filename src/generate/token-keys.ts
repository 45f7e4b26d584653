import { featureAt, type PlacedImage } from "./placed-image.ts";

/** Images whose numbers are known at the same time; a forgotten one gets another number. */
const knownImages = 4096;

/** More than an image has features, so that no two images share a key. */
const keysOfImage = 2 ** 16;

/**
 * Numbers by which texts are compared: equal keys up to some place mean equal keys and values in
 * the cache. A token's key is its id; that of `[IMG]` is a negative number that belongs to one
 * feature of one image.
 */
export class TokenKeys {
  readonly #numbers = new Map<string, number>();
  #images = 0;

  /** The keys of a text. */
  of(tokens: readonly number[], images: readonly PlacedImage[]): number[] {
    const keys = [...tokens];
    for (const image of images) {
      const first = -1 - this.#numberOf(image.hash) * keysOfImage;
      for (let at = image.start; at < image.end; at++) {
        const feature = featureAt(image, at);
        if (feature !== undefined) keys[at] = first - feature;
      }
    }
    return keys;
  }

  #numberOf(hash: string): number {
    const known = this.#numbers.get(hash);
    if (known !== undefined) return known;
    if (this.#numbers.size === knownImages) this.#numbers.clear();
    this.#numbers.set(hash, this.#images);
    return this.#images++;
  }
}
