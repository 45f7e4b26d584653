/**
 * Cuts text into the words that merges never cross: every digit by itself (arithmetic needs it),
 * then GPT-2's rule
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * llama.cpp calls this pair "smollm"; `tokenizer.json` says Digits + ByteLevel.
 *
 * It scans UTF-8 bytes, not characters, so that no string is made per word and bytes that are not
 * UTF-8 pass through, each as a symbol.
 */
const CLASS_BITS = 2;
const CLASS_MASK = 3;
const SYMBOL = 0;
const LETTER = 1;
const NUMBER = 2;
const WHITE = 3;

const SPACE = 0x20;
const APOSTROPHE = 0x27;
const INVALID_BYTE = SYMBOL | (1 << CLASS_BITS);

const pages: (Uint8Array | undefined)[] = new Array(0x1100);
const asciiUnits = pageOf(0).map((kind) => kind | (1 << CLASS_BITS));

/**
 * The end of the word that begins at `start`.
 *
 * @param bytes - UTF-8; `start` is the end of the previous word or the beginning of the text
 * @param end - where the text ends, above `start`
 */
export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  const unit = unitAt(bytes, start, end);
  const kind = unit & CLASS_MASK;
  const next = start + (unit >> CLASS_BITS);
  if (kind === LETTER) return runEnd(bytes, next, end, LETTER);
  if (kind === NUMBER) return next;
  if (kind === WHITE) return whiteEnd(bytes, start, end);
  if (bytes[start] === APOSTROPHE) {
    const length = contractionLength(bytes[start + 1], bytes[start + 2]);
    if (length > 0 && start + length <= end) return start + length;
  }
  return runEnd(bytes, next, end, SYMBOL);
}

/** A space takes the letters or symbols behind it along; other white space leaves the last one. */
function whiteEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  let last = start;
  let kind = WHITE;
  while (kind === WHITE) {
    last = position;
    position += unitAt(bytes, position, end) >> CLASS_BITS;
    if (position >= end) return end;
    kind = unitAt(bytes, position, end) & CLASS_MASK;
  }
  if (kind === NUMBER) return position;
  if (last > start) return last;
  return bytes[start] === SPACE ? runEnd(bytes, position, end, kind) : position;
}

function runEnd(bytes: Uint8Array, start: number, end: number, kind: number): number {
  let position = start;
  while (position < end) {
    const unit = unitAt(bytes, position, end);
    if ((unit & CLASS_MASK) !== kind) break;
    position += unit >> CLASS_BITS;
  }
  return position;
}

/** Length of the contraction `'s 't 'm 'd 're 've 'll` by the two bytes after the apostrophe. */
function contractionLength(first: number | undefined, second: number | undefined): number {
  switch (first) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return 2;
    case 0x72: // r
    case 0x76: // v
      return second === 0x65 ? 3 : 0;
    case 0x6c: // l
      return second === 0x6c ? 3 : 0;
    default:
      return 0;
  }
}

/** The class (low bits) and the length in bytes (high bits) of the character at `position`. */
function unitAt(bytes: Uint8Array, position: number, end: number): number {
  const lead = bytes[position]!;
  return lead < 0x80 ? asciiUnits[lead]! : wideUnitAt(bytes, position, end);
}

function wideUnitAt(bytes: Uint8Array, position: number, end: number): number {
  const lead = bytes[position]!;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || position + width > end) return INVALID_BYTE;
  let codePoint = lead & (0x7f >> width);
  for (let index = 1; index < width; index++) {
    const byte = bytes[position + index]!;
    if ((byte & 0xc0) !== 0x80) return INVALID_BYTE;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  if (codePoint > 0x10ffff) return INVALID_BYTE;
  return pageOf(codePoint >> 8)[codePoint & 0xff]! | (width << CLASS_BITS);
}

/** The classes of 256 code points, made when the first of them is met. */
function pageOf(index: number): Uint8Array {
  pages[index] ??= Uint8Array.from({ length: 256 }, (_, low) => classOf((index << 8) | low));
  return pages[index];
}

function classOf(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  // Not \s: JavaScript counts U+FEFF and leaves out U+0085, the regular expressions of others do not.
  return /\p{White_Space}/u.test(character) ? WHITE : SYMBOL;
}
