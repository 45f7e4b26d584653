import type { Random } from "../../random.ts";

/** Sides in pixels, multiples of 32. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
}

/** The size of most images. */
export const usual: CanvasSize = { width: 96, height: 96 };

/** For things one above the other. */
export const tall: CanvasSize = { width: 64, height: 128 };

const wide: CanvasSize = { width: 160, height: 96 };
const large: CanvasSize = { width: 128, height: 128 };

/** Mostly 96 x 96; sometimes 160 x 96 or 128 x 128. */
export function drawSize(random: Random): CanvasSize {
  return random.pick([usual, usual, usual, usual, wide, large]);
}

/** A number in [minimum, maximum), in tenths: the same text on every machine. */
export function between(random: Random, minimum: number, maximum: number): number {
  return tenths(minimum + random.next() * (maximum - minimum));
}

/** Rounded to a tenth of a pixel. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** An SVG document on a light background of a random tint, its elements turned a little. */
export function svgDocument(
  { width, height }: CanvasSize,
  elements: readonly string[],
  { random, turn }: { readonly random: Random /** Degrees, at most. */; readonly turn: number },
): string {
  const tint = hsl(random.integer(0, 359), random.integer(0, 60), random.integer(91, 100));
  const rotation = `rotate(${between(random, -turn, turn)} ${width / 2} ${height / 2})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    `<rect width="100%" height="100%" fill="${tint}"/>`,
    `<g transform="${rotation}">`,
    ...elements,
    "</g></svg>",
  ].join("");
}

/** A colour of CSS: hue in degrees, saturation and lightness in per cent. */
export function hsl(hue: number, saturation: number, lightness: number): string {
  return `hsl(${(hue + 360) % 360},${saturation}%,${lightness}%)`;
}

/** A dark colour for lines and letters. */
export function drawInk(random: Random): string {
  return hsl(random.integer(0, 359), random.integer(10, 80), random.integer(12, 30));
}
