/** A map from pairs of token ids to numbers; `Map` with a joined key is several times slower. */
export class PairTable {
  #keys: Int32Array; // left, right of every slot
  #values: Int32Array; // value + 1, 0 is empty; at most half full
  #size = 0;

  constructor() {
    this.#keys = new Int32Array(2 * 1024);
    this.#values = new Int32Array(1024);
  }

  /** The value of the pair, or -1. */
  get(left: number, right: number): number {
    return this.#values[this.#slotOf(left, right)]! - 1;
  }

  /** @param value - a whole number, at least 0 */
  set(left: number, right: number, value: number): void {
    const slot = this.#slotOf(left, right);
    if (this.#values[slot] === 0) this.#size++;
    this.#keys[2 * slot] = left;
    this.#keys[2 * slot + 1] = right;
    this.#values[slot] = value + 1;
    if (2 * this.#size > this.#values.length) this.#grow();
  }

  #slotOf(left: number, right: number): number {
    const mask = this.#values.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (
      this.#values[slot] !== 0 &&
      (this.#keys[2 * slot] !== left || this.#keys[2 * slot + 1] !== right)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Int32Array(2 * keys.length);
    this.#values = new Int32Array(2 * values.length);
    for (let old = 0; old < values.length; old++) {
      if (values[old] === 0) continue;
      const slot = this.#slotOf(keys[2 * old]!, keys[2 * old + 1]!);
      this.#keys[2 * slot] = keys[2 * old]!;
      this.#keys[2 * slot + 1] = keys[2 * old + 1]!;
      this.#values[slot] = values[old]!;
    }
  }
}
