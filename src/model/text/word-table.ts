/** Numbers distinct byte strings 0, 1, 2, … in order of appearance, without making objects. */
export class WordTable {
  #slots = new Int32Array(1024); // word + 1, 0 is empty; at most half full
  #hashes = new Int32Array(512);
  #starts = new Uint32Array(513); // of the words in #arena, and the end
  #arena = new Uint8Array(4096);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of the word `bytes[start..end)`; a new word gets the number `size` had before. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot]!; entry !== 0; entry = this.#slots[slot]!) {
      const word = entry - 1;
      if (this.#hashes[word] === hash && this.#equals(word, bytes, start, end)) return word;
      slot = (slot + 1) & mask;
    }
    return this.#append(slot, hash, bytes.subarray(start, end));
  }

  /** The bytes of a word; valid until the next `intern` or `clear`. */
  bytesOf(word: number): Uint8Array {
    return this.#arena.subarray(this.#starts[word]!, this.#starts[word + 1]!);
  }

  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  #equals(word: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[word]!;
    if (this.#starts[word + 1]! - from !== end - start) return false;
    for (let index = start; index < end; index++) {
      if (this.#arena[from + index - start] !== bytes[index]) return false;
    }
    return true;
  }

  #append(slot: number, hash: number, word: Uint8Array): number {
    const from = this.#starts[this.#size]!;
    const to = from + word.length;
    if (to > this.#arena.length) {
      const arena = new Uint8Array(Math.max(to, 2 * this.#arena.length));
      arena.set(this.#arena);
      this.#arena = arena;
    }
    this.#arena.set(word, from);
    this.#hashes[this.#size] = hash;
    this.#slots[slot] = this.#size + 1;
    this.#starts[this.#size + 1] = to;
    this.#size++;
    if (this.#size === this.#hashes.length) this.#grow();
    return this.#size - 1;
  }

  #grow(): void {
    const hashes = new Int32Array(2 * this.#size);
    hashes.set(this.#hashes);
    const starts = new Uint32Array(2 * this.#size + 1);
    starts.set(this.#starts);
    this.#hashes = hashes;
    this.#starts = starts;
    this.#slots = new Int32Array(4 * this.#size);
    const mask = this.#slots.length - 1;
    for (let word = 0; word < this.#size; word++) {
      let slot = hashes[word]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word + 1;
    }
  }
}

/** FNV-1a, its high bits mixed into the low ones that choose the slot. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
