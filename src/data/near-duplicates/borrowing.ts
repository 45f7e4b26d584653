import { Random } from "../../statistics/random.ts";

/** What stands in a bin that no shingle fell into; hashes are below. */
export const emptyBin = 2 ** 32 - 1;

/**
 * Fills empty bins: each takes the value of the first full bin in a random order of all bins that
 * is its own. Two sets borrow from the same bin as far as they agree, so a borrowed value is equal
 * with the probability of the others, the sets' Jaccard similarity.
 *
 * @see Shrivastava 2017, "Optimal densification", arXiv 1703.04664: there a bin may be asked twice
 */
export class Borrowing {
  readonly #bins: number;
  /** [bins, bins]: whom a bin asks first, second, ... */
  readonly #order: Uint8Array;
  /** [bins, bins]: when a bin asks another one, times 256, plus the other: the least is the donor. */
  readonly #rank: Uint16Array;
  readonly #full: Uint8Array;
  readonly #donors: Uint8Array;

  /** @param bins - at most 256 */
  constructor(bins: number, seed: number) {
    this.#bins = bins;
    this.#order = new Uint8Array(bins * bins);
    this.#rank = new Uint16Array(bins * bins);
    this.#full = new Uint8Array(bins);
    this.#donors = new Uint8Array(bins);
    const random = new Random(seed);
    for (let bin = 0; bin < bins; bin++) {
      const order = this.#order.subarray(bin * bins, (bin + 1) * bins);
      for (let i = 0; i < bins; i++) {
        const j = random.integer(i + 1);
        order[i] = order[j]!;
        order[j] = i;
      }
      for (let i = 0; i < bins; i++) this.#rank[bin * bins + order[i]!] = 256 * i + order[i]!;
    }
  }

  /** Fills the empty ones of some bins, of which one at least must be full. */
  fill(values: Uint32Array): void {
    const bins = this.#bins;
    let fullBins = 0;
    for (let bin = 0; bin < bins; bin++) {
      if (values[bin] !== emptyBin) this.#full[fullBins++] = bin;
    }
    if (fullBins === bins) return;
    const full = this.#full.subarray(0, fullBins);
    // Few full bins: look which of them comes first; many: ask until one is full, bins / full times.
    const isSparse = fullBins ** 2 < bins;
    const donors = this.#donors;
    for (let bin = 0; bin < bins; bin++) {
      if (values[bin] !== emptyBin) donors[bin] = bin;
      else donors[bin] = isSparse ? this.#firstOf(full, bin) : this.#firstFull(values, bin);
    }
    // Only now: a bin filled earlier would pass for a full one.
    for (let bin = 0; bin < bins; bin++) values[bin] = values[donors[bin]!]!;
  }

  #firstOf(full: Uint8Array, bin: number): number {
    const row = bin * this.#bins;
    let first = 0xffff;
    for (let i = 0; i < full.length; i++) first = Math.min(first, this.#rank[row + full[i]!]!);
    return first & 0xff;
  }

  #firstFull(values: Uint32Array, bin: number): number {
    let at = bin * this.#bins;
    while (values[this.#order[at]!] === emptyBin) at++;
    return this.#order[at]!;
  }
}
