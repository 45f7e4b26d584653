const fullest = 0.8;
const growth = 1.5;

/**
 * Documents at most that a band's value leads to: where more share it (a template, a licence text),
 * the first ones stand for all, so that a lookup stays short.
 */
export const documentsPerValue = 4;

/**
 * For one band of the signatures: which documents have a 32-bit value. Open addressing, 8 bytes a
 * slot (the value and the document's number + 1; 0 marks an empty slot), between 53 % and 80 % full:
 * 10 to 15 bytes a document.
 */
export class BandTable {
  #slots = new Uint32Array(2 * 1024);
  #entries = 0;
  #vacant = 0;
  #isCrowded = false;

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Appends the documents that have a value, oldest first, to `found`. */
  find(value: number, found: number[]): void {
    const slots = this.#slots;
    const length = slots.length;
    let met = 0;
    let at = home(value, length);
    while (slots[at + 1] !== 0) {
      if (slots[at] === value) {
        found.push(slots[at + 1]! - 1);
        met++;
      }
      at += 2;
      if (at === length) at = 0;
    }
    this.#vacant = at;
    this.#isCrowded = met >= documentsPerValue;
  }

  /** Adds a document to the value that was looked for last. */
  addToFound(value: number, document: number): void {
    if (this.#isCrowded) return;
    this.#slots[this.#vacant] = value;
    this.#slots[this.#vacant + 1] = document + 1;
    this.#entries++;
    if (this.#entries * 2 > this.#slots.length * fullest) {
      this.#rebuild(2 * Math.ceil((this.#slots.length / 2) * growth), 0);
    }
  }

  /** Forgets the documents before one. */
  forgetBefore(document: number): void {
    this.#rebuild(this.#slots.length, document);
  }

  #rebuild(length: number, firstDocument: number): void {
    const old = this.#slots;
    const slots = new Uint32Array(length);
    this.#entries = 0;
    // From behind an empty slot on, so that documents of one value keep their order.
    let start = 0;
    while (old[start + 1] !== 0) start += 2;
    for (let i = 0; i < old.length; i += 2) {
      const from = (start + i) % old.length;
      if (old[from + 1]! <= firstDocument) continue;
      let at = home(old[from]!, length);
      while (slots[at + 1] !== 0) at = at + 2 === length ? 0 : at + 2;
      slots[at] = old[from]!;
      slots[at + 1] = old[from + 1]!;
      this.#entries++;
    }
    this.#slots = slots;
  }
}

/** The slot where the search for a value begins: values spread over slots in their order. */
function home(value: number, length: number): number {
  return 2 * Math.floor(value * (length / 2 / 2 ** 32));
}
