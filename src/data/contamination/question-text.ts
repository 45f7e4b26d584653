import { lettersAndDigits } from "./letters-and-digits.ts";

const label = /(?:Q|Question)\s*:/y;

/** Letters of the label `Q:` or `Question:` that begins at `at`; 0 without one. */
export function labelLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x51) return 0;
  label.lastIndex = at;
  const found = label.exec(text);
  return found === null ? 0 : lettersAndDigits(found[0]).length;
}

/** A short item as it is compared: without the label of its first line. */
export interface ShortQuestion {
  readonly text: string;
  /** Lines that are not blank. */
  readonly lines: number;
}

/** The comparable form of an item that is too short for passages. */
export function shortQuestion(text: string): ShortQuestion {
  const lines = text
    .normalize("NFC")
    .split(/[\n\r\u2028\u2029]/)
    .map((line) => ({ kept: lettersAndDigits(line), label: labelLength(line, 0) }))
    .filter(({ kept }) => kept !== "");
  const kept = lines.map((line) => line.kept).join("");
  return { text: kept.slice(lines[0]?.label ?? 0), lines: lines.length };
}
