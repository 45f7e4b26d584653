import { ringMask } from "./passage.ts";

const pageBytes = 2 ** 20;

/**
 * The text of passages, one byte per unit where all units are below 256, else two. Pages are never
 * moved, so that millions of passages need no second copy.
 */
export class PassageUnits {
  readonly #pages: Uint8Array[] = [];
  #used = pageBytes;

  /** Stores a passage; gives where it lies, for `equals`. */
  add(passage: string, isWide: boolean): number {
    const size = isWide ? passage.length * 2 : passage.length;
    if (this.#used + size > pageBytes) {
      this.#pages.push(new Uint8Array(pageBytes));
      this.#used = 0;
    }
    const place = (this.#pages.length - 1) * pageBytes + this.#used;
    const page = this.#pages.at(-1)!;
    for (let i = 0; i < passage.length; i++) {
      const unit = passage.charCodeAt(i);
      page[this.#used++] = unit;
      if (isWide) page[this.#used++] = unit >>> 8;
    }
    return place;
  }

  /** Whether the passage at a place is the one in the ring that begins with unit `start`. */
  equals(
    { place, length, isWide }: StoredPassage,
    ring: Readonly<Uint16Array>,
    start: number,
  ): boolean {
    const page = this.#pages[Math.floor(place / pageBytes)]!;
    let at = place % pageBytes;
    for (let i = 0; i < length; i++) {
      const unit = isWide ? page[at]! | (page[at + 1]! << 8) : page[at]!;
      if (unit !== ring[(start + i) & ringMask]) return false;
      at += isWide ? 2 : 1;
    }
    return true;
  }
}

/** Where a passage lies and how it is written. */
export interface StoredPassage {
  readonly place: number;
  readonly length: number;
  readonly isWide: boolean;
}
