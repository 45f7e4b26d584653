import type { Random } from "../../random.ts";
import { between, tenths } from "./canvas.ts";

/**
 * Digits and letters as strokes, in one or more forms each, so that no font is needed. A stroke is a
 * row of points `xy` with x in 0..4 and y in 0..6, downwards; strokes are parted by `|`.
 */
export const glyphs: Readonly<Record<string, readonly string[]>> = {
  0: ["10 30 41 45 36 16 05 01 10"],
  1: ["02 20 26", "11 20 26|06 46"],
  2: ["01 10 30 41 42 06 46", "00 30 41 42 33 13 04 06 46"],
  3: ["01 10 30 41 42 33 13|33 44 45 36 16 05", "00 40 22 32 43 45 36 16 05"],
  4: ["36 30 04 44", "10 04 44|32 36"],
  5: ["40 00 02 32 43 45 36 06", "40 10 03 22 32 43 45 36 16 05"],
  6: ["41 30 10 01 05 16 36 45 44 33 13 04", "30 03 05 16 36 45 44 33 13 04"],
  7: ["00 40 16", "00 40 41 26|13 43"],
  8: ["10 30 41 42 33 13 02 01 10|13 04 05 16 36 45 44 33"],
  9: ["42 33 13 02 01 10 30 41 45 36 16 05", "42 33 13 02 01 10 30 41 42 26"],
  A: ["06 02 20 42 46|04 44"],
  B: ["03 33 42 41 30 00 06 36 45 44 33"],
  C: ["41 30 10 01 05 16 36 45"],
  D: ["00 06 26 44 42 20 00"],
  E: ["40 00 06 46|03 33"],
  F: ["40 00 06|03 33"],
  G: ["41 30 10 01 05 16 36 45 43 23"],
  H: ["00 06|40 46|03 43"],
};

/** Columns from the start of one glyph to the start of the next, in units of the glyph box. */
const advance = 6;

/** Where and how a text is written; lengths in pixels. */
export interface Lettering {
  /** The middle of the text. */
  readonly x: number;
  readonly y: number;
  readonly height: number;
  /** Width of the strokes. */
  readonly weight: number;
  readonly ink: string;
  /** How far a point may stray, in units of the glyph box; default 0. */
  readonly wobble?: number;
}

/** Width in pixels of a text of this height. */
export function textWidth(text: string, height: number): number {
  return ((text.length * advance - 2) * height) / 6;
}

/** A text as SVG paths, one for each digit or letter; slanted a little when it wobbles. */
export function drawText(text: string, lettering: Lettering, random: Random): string {
  const { x, y, height, weight, ink, wobble = 0 } = lettering;
  const left = x - textWidth(text, height) / 2;
  const slant = between(random, -wobble, wobble);
  const unit = height / 6;
  const paths = [...text].map((character, i) => {
    const place = (point: string) => {
      const row = Number(point[1]) + between(random, -wobble, wobble);
      const column = Number(point[0]) + between(random, -wobble, wobble) + slant * (3 - row) * 0.6;
      return `${tenths(left + (i * advance + column) * unit)},${tenths(y + (row - 3) * unit)}`;
    };
    const strokes = random.pick(glyphs[character]!).split("|");
    return `<path d="${strokes.map((stroke) => `M${stroke.split(" ").map(place).join("L")}`).join("")}"/>`;
  });
  return `<g fill="none" stroke="${ink}" stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round">${paths.join("")}</g>`;
}
