import { hashPassage, ringMask, spread } from "./passage.ts";
import { PassageUnits } from "./passage-units.ts";

const firstSlots = 1024;
/** Of the filter, for each slot; 16 and at most half of the slots full: 3 % of it is set. */
const filterBitsPerSlot = 16;
const wideFlag = 0x80;

/**
 * Passages of at most 50 units and the items that have them. Equal passages are stored once.
 * About 100 bytes for each passage of 50 Latin letters.
 */
export class PassageTable {
  readonly #units = new PassageUnits();
  #count = 0;
  #hashes = new Int32Array(firstSlots);
  #places = new Float64Array(firstSlots);
  #sizes = new Uint8Array(firstSlots);
  #lines = new Uint8Array(firstSlots);
  /** The newest link of each passage; -1 ends a chain. */
  #firstLinks = new Int32Array(firstSlots);
  #links = 0;
  #linkItems = new Int32Array(firstSlots);
  #nextLinks = new Int32Array(firstSlots);
  /** Passage + 1; 0 is empty. A power of two, at most half full. */
  #slots = new Int32Array(firstSlots);
  #filter = new Int32Array((firstSlots * filterBitsPerSlot) / 32);

  /** The most lines that a passage of less than 50 units was written on; 0 without any. */
  maxLines = 0;

  /** One bit is set for each passage: the bit `spread(hash) >>> filterShift`. */
  get filter(): Int32Array {
    return this.#filter;
  }

  get filterShift(): number {
    return shiftTo(this.#filter.length * 32);
  }

  /** Adds an item's passage; `lines`: of a whole short item, 0 for a part of a longer one. */
  add(passage: string, item: number, lines: number): void {
    const hash = hashPassage(passage);
    const ring = new Uint16Array(ringMask + 1);
    for (let i = 0; i < passage.length; i++) ring[i] = passage.charCodeAt(i);
    const found = this.find({ hash, length: passage.length }, ring, 0);
    const index = found >= 0 ? found : this.#append(passage, hash);
    this.#lines[index] = Math.max(this.#lines[index]!, lines);
    this.maxLines = Math.max(this.maxLines, lines);
    this.#link(index, item);
  }

  /** The passage that stands in the ring from unit `start` on; -1 when none does. */
  find(
    { hash, length }: { readonly hash: number; readonly length: number },
    ring: Readonly<Uint16Array>,
    start: number,
  ): number {
    const bit = spread(hash) >>> this.filterShift;
    if (((this.#filter[bit >>> 5]! >>> (bit & 31)) & 1) === 0) return -1;
    const mask = this.#slots.length - 1;
    for (let slot = this.#slotOf(hash); ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]! - 1;
      if (index < 0) return -1;
      const size = this.#sizes[index]!;
      if (this.#hashes[index] !== hash || (size & ~wideFlag) !== length) continue;
      const stored = { place: this.#places[index]!, length, isWide: size >= wideFlag };
      if (this.#units.equals(stored, ring, start)) return index;
    }
  }

  /** The lines that a short passage may be spread over. */
  linesOf(passage: number): number {
    return this.#lines[passage]!;
  }

  /** The items that have a passage. */
  *itemsOf(passage: number): Generator<number> {
    for (let link = this.#firstLinks[passage]!; link >= 0; link = this.#nextLinks[link]!) {
      yield this.#linkItems[link]!;
    }
  }

  #append(passage: string, hash: number): number {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#enlarge();
    const index = this.#count++;
    this.#hashes = withRoom(this.#hashes, index);
    this.#places = withRoom(this.#places, index);
    this.#sizes = withRoom(this.#sizes, index);
    this.#lines = withRoom(this.#lines, index);
    this.#firstLinks = withRoom(this.#firstLinks, index);
    const isWide = /[^\0-\xff]/.test(passage);
    this.#hashes[index] = hash;
    this.#places[index] = this.#units.add(passage, isWide);
    this.#sizes[index] = passage.length | (isWide ? wideFlag : 0);
    this.#firstLinks[index] = -1;
    this.#insert(index);
    return index;
  }

  #link(passage: number, item: number): void {
    const link = this.#links++;
    this.#linkItems = withRoom(this.#linkItems, link);
    this.#nextLinks = withRoom(this.#nextLinks, link);
    this.#linkItems[link] = item;
    this.#nextLinks[link] = this.#firstLinks[passage]!;
    this.#firstLinks[passage] = link;
  }

  #enlarge(): void {
    const size = this.#slots.length * 2;
    this.#slots = new Int32Array(size);
    this.#filter = new Int32Array((size * filterBitsPerSlot) / 32);
    for (let index = 0; index < this.#count; index++) this.#insert(index);
  }

  #insert(index: number): void {
    const hash = this.#hashes[index]!;
    const mask = this.#slots.length - 1;
    let slot = this.#slotOf(hash);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index + 1;
    const bit = spread(hash) >>> this.filterShift;
    this.#filter[bit >>> 5] = this.#filter[bit >>> 5]! | (1 << (bit & 31));
  }

  #slotOf(hash: number): number {
    return spread(hash) >>> shiftTo(this.#slots.length);
  }
}

/** How far a 32-bit number is shifted to index a power of two of places. */
function shiftTo(places: number): number {
  return 1 + Math.clz32(places);
}

/** The array, or one of twice its length with the same content, so that `index` lies in it. */
function withRoom<A extends Int32Array | Uint8Array | Float64Array>(array: A, index: number): A {
  if (index < array.length) return array;
  const larger = new (array.constructor as new (length: number) => A)(array.length * 2);
  larger.set(array);
  return larger;
}
