/**
 * What contamination compares: the letters and digits (`\p{L}`, `\p{N}`) of the NFC text; spaces,
 * symbols and marks go, upper and lower case stay.
 *
 * @see GPT-4 technical report, appendix C: "removing all spaces and symbols, keeping only
 * characters (including numbers)"; it does not mention case
 */
export function lettersAndDigits(text: string): string {
  return text.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "");
}

/** What a UTF-16 unit is to a scan that must agree with `lettersAndDigits`. */
export const unitKind = { dropped: 0, kept: 1, surrogate: 2, lineEnd: 3, marker: 4 } as const;

/** The kind of every UTF-16 unit: half a surrogate pair needs its other half to be judged. */
export const unitKinds: Uint8Array = kindsOfUnits();

function kindsOfUnits(): Uint8Array {
  const kinds = new Uint8Array(0x1_0000);
  for (let unit = 0; unit < kinds.length; unit++) {
    if (isLetterOrDigit(unit)) kinds[unit] = unitKind.kept;
  }
  kinds.fill(unitKind.surrogate, 0xd800, 0xe000);
  for (const end of "\n\r\u2028\u2029") kinds[end.charCodeAt(0)] = unitKind.lineEnd;
  for (const half of "<|") kinds[half.charCodeAt(0)] = unitKind.marker;
  return kinds;
}

/** Whether the surrogate at `at` is half of a letter or digit outside the basic plane. */
export function isHalfOfLetter(text: string, at: number): boolean {
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  const codePoint = text.codePointAt(isLow ? at - 1 : at) ?? 0;
  return codePoint > 0xffff && isLetterOrDigit(codePoint);
}

function isLetterOrDigit(codePoint: number): boolean {
  return /[\p{L}\p{N}]/u.test(String.fromCodePoint(codePoint));
}
