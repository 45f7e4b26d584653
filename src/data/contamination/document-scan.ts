import { isHalfOfLetter, unitKind, unitKinds } from "./letters-and-digits.ts";
import { hashBase, leavingFactor, passageLength, ringMask, spread } from "./passage.ts";
import type { PassageTable } from "./passage-table.ts";
import { labelLength } from "./question-text.ts";

const excerptChars = 200;

/** Called for a passage that stands in the document, with the place as it is written there. */
type Found = (passage: number, excerpt: string) => void;

/**
 * Looks for the passages of a table in documents, in one pass and in constant memory: the last 64
 * letters and digits, and where the last lines began.
 */
export class DocumentScan {
  readonly #table: PassageTable;
  readonly #ring = new Uint16Array(ringMask + 1);
  /** Where each unit of the ring stands in the text. */
  readonly #textAt = new Int32Array(ringMask + 1);
  /** At which unit the last lines begin, after a label; the open line's is at `#lines`. */
  readonly #lineStarts = new Int32Array(ringMask + 1);
  /** Complete lines that are not blank. */
  #lines = 0;
  /** At which unit the open line begins, with its label. */
  #openLine = 0;
  #text = "";
  #found: Found = () => undefined;

  constructor(table: PassageTable) {
    this.#table = table;
  }

  /** Reports every passage of a document (NFC), some of them more than once. */
  run(text: string, found: Found): void {
    this.#begin(text, found);
    const { filter, filterShift } = this.#table;
    const ring = this.#ring;
    const textAt = this.#textAt;
    let units = 0;
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const kind = unitKinds[unit];
      if (kind === unitKind.dropped) continue;
      if (kind !== unitKind.kept && !this.#keepsSpecial(kind!, i, units)) continue;
      const leaving = ring[(units - passageLength) & ringMask]!;
      ring[units & ringMask] = unit;
      textAt[units & ringMask] = i;
      units++;
      hash = (Math.imul(hash, hashBase) + unit - Math.imul(leaving, leavingFactor)) | 0;
      const bit = spread(hash) >>> filterShift;
      if (((filter[bit >>> 5]! >>> (bit & 31)) & 1) === 1) this.#checkPassage(hash, units);
    }
    this.#endLine(text.length, units);
    this.#checkWhole(units);
  }

  #begin(text: string, found: Found): void {
    this.#ring.fill(0);
    this.#text = text;
    this.#found = found;
    this.#lines = 0;
    this.#openLine = 0;
    this.#lineStarts[0] = labelLength(text, 0);
  }

  /** Whether a unit that is not plainly one or the other is kept; ends of lines are noted. */
  #keepsSpecial(kind: number, at: number, units: number): boolean {
    if (kind === unitKind.surrogate) return isHalfOfLetter(this.#text, at);
    if (kind === unitKind.lineEnd || this.#isMarker(at)) this.#endLine(at, units);
    return false;
  }

  /** Chat markers such as `<|im_end|>` end a line as line feeds do. */
  #isMarker(at: number): boolean {
    const two = this.#text.slice(at, at + 2);
    return two === "<|" || two === "|>";
  }

  #checkPassage(hash: number, units: number): void {
    if (units < passageLength) return;
    const start = units - passageLength;
    const passage = this.#table.find({ hash, length: passageLength }, this.#ring, start);
    if (passage >= 0) this.#report(passage, start, units);
  }

  #endLine(at: number, units: number): void {
    if (units > this.#openLine) {
      this.#lines++;
      this.#checkLines(units);
    }
    this.#openLine = units;
    this.#lineStarts[this.#lines & ringMask] = units + labelLength(this.#text, at + 1);
  }

  /** Short items: the last line, the last two, up to as many as an item has. */
  #checkLines(units: number): void {
    const most = Math.min(this.#table.maxLines, this.#lines);
    const growing = new BackwardHash(this.#ring, units);
    for (let lines = 1; lines <= most; lines++) {
      const start = this.#lineStarts[(this.#lines - lines) & ringMask]!;
      const length = units - start;
      if (length >= passageLength) return;
      const hash = growing.from(start);
      const passage = length > 0 ? this.#table.find({ hash, length }, this.#ring, start) : -1;
      if (passage >= 0 && this.#table.linesOf(passage) >= lines) {
        this.#report(passage, start, units);
      }
    }
  }

  /** A short document is compared as a whole, however many lines it has. */
  #checkWhole(units: number): void {
    if (this.#lines > ringMask) return;
    const start = this.#lineStarts[0]!;
    const length = units - start;
    if (length <= 0 || length >= passageLength) return;
    const hash = new BackwardHash(this.#ring, units).from(start);
    const passage = this.#table.find({ hash, length }, this.#ring, start);
    if (passage >= 0) this.#report(passage, start, units);
  }

  #report(passage: number, start: number, end: number): void {
    const from = this.#textAt[start & ringMask]!;
    const to = this.#textAt[(end - 1) & ringMask]! + 1;
    this.#found(passage, excerpt(this.#text, from, to));
  }
}

/** The hash of the units before an end, grown to the left. */
class BackwardHash {
  readonly #ring: Readonly<Uint16Array>;
  #at: number;
  #hash = 0;
  #power = 1;

  constructor(ring: Readonly<Uint16Array>, end: number) {
    this.#ring = ring;
    this.#at = end;
  }

  from(start: number): number {
    while (this.#at > start) {
      const unit = this.#ring[--this.#at & ringMask]!;
      this.#hash = (this.#hash + Math.imul(unit, this.#power)) | 0;
      this.#power = Math.imul(this.#power, hashBase);
    }
    return this.#hash;
  }
}

/** Part of a text on one line, of bounded length, with whole surrogate pairs. */
function excerpt(text: string, from: number, to: number): string {
  const part = text.slice(from, Math.min(to, from + excerptChars));
  const whole = part.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "").replace(/\s+/g, " ");
  return to - from > excerptChars ? `${whole}…` : whole;
}
