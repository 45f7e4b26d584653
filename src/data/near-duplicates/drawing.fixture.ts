import sharp from "sharp";
import { tokenSide } from "../../model/image/geometry.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import type { Random } from "../../statistics/random.ts";

/** A drawing as the inside of an SVG of 256 x 256, and others that differ in one thing. */
export interface Drawing {
  readonly body: string;
  readonly others: Readonly<Record<string, string>>;
}

const colours = ["#d22", "#2a2", "#22d", "#dd2", "#d2d", "#2dd", "#f80", "#000"];
const forms: readonly ((x: number, y: number, r: number) => string)[] = [
  (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"`,
  (x, y, r) => `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"`,
  (x, y, r) => `<path d="M${x} ${y - r}L${x + r} ${y + r}L${x - r} ${y + r}Z"`,
];

/** One to five shapes; others with one more, another form, another colour, one moved. */
export function drawShapes(random: Random): Drawing {
  const [count, radius] = [1 + random.integer(5), 14 + random.integer(14)];
  const [form, colour] = [random.integer(forms.length), random.integer(colours.length)];
  const places = Array.from({ length: 6 }, () => [
    30 + random.integer(196),
    30 + random.integer(196),
  ]);
  const draw = (shapes: number, offset = { form: 0, colour: 0, x: 0 }): string => {
    const make = forms[(form + offset.form) % forms.length]!;
    const fill = colours[(colour + offset.colour) % colours.length]!;
    return places
      .slice(0, shapes)
      .map(([x, y], i) => `${make(x! + (i === 0 ? offset.x : 0), y!, radius)} fill="${fill}"/>`)
      .join("");
  };
  return {
    body: draw(count),
    others: {
      "one more": draw(count + 1),
      form: draw(count, { form: 1, colour: 0, x: 0 }),
      colour: draw(count, { form: 0, colour: 1 + random.integer(7), x: 0 }),
      place: draw(count, { form: 0, colour: 0, x: places[0]![0]! < 128 ? 40 : -40 }),
    },
  };
}

/** Five bars; another with one of them longer or shorter. */
export function drawBars(random: Random): Drawing {
  const heights = Array.from({ length: 5 }, () => 20 + random.integer(180));
  const draw = (changed: number) =>
    heights
      .map((height, i) => (i === changed ? height + (height > 110 ? -40 : 40) : height))
      .map(
        (height, i) =>
          `<rect x="${20 + i * 45}" y="${236 - height}" width="32" height="${height}"/>`,
      )
      .join("");
  return { body: draw(-1), others: { bar: draw(random.integer(5)) } };
}

/** A number of two digits; another number. */
export function drawNumber(random: Random): Drawing {
  const number = 10 + random.integer(45);
  const draw = (value: number) =>
    `<text x="128" y="160" font-size="100" text-anchor="middle" font-family="sans-serif">${value}</text>`;
  return { body: draw(number), others: { number: draw(number + 1 + random.integer(44)) } };
}

/** The SVG of a drawing, `size` pixels wide and high. */
export function svgOf(body: string, size = 256): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256" width="${size}" height="${size}"><rect width="256" height="256" fill="#fff"/>${body}</svg>`,
  );
}

/** The same picture after what happens to pictures. */
export const treatments: Readonly<Record<string, (body: string) => Promise<Buffer>>> = {
  "JPEG at quality 50": (body) => sharp(svgOf(body)).jpeg({ quality: 50 }).toBuffer(),
  "JPEG at quality 20": (body) => sharp(svgOf(body)).jpeg({ quality: 20 }).toBuffer(),
  "drawn at 160 pixels": (body) => sharp(svgOf(body, 160)).png().toBuffer(),
  "drawn at 97 pixels": (body) => sharp(svgOf(body, 97)).png().toBuffer(),
  enlarged: (body) => sharp(svgOf(body)).resize(480, 480).png().toBuffer(),
  darker: (body) => sharp(svgOf(body)).linear(0.7, 0).png().toBuffer(),
  "less contrast": (body) => sharp(svgOf(body)).linear(0.85, 10).png().toBuffer(),
  blurred: (body) => sharp(svgOf(body)).blur(1.5).png().toBuffer(),
};

/** The pixels of an encoded image whose sides are brought to multiples of 32. */
export async function pixelsOf(bytes: Uint8Array): Promise<ImagePixels> {
  const { width, height } = await sharp(bytes).metadata();
  const grid = { rows: Math.round(height / tokenSide), columns: Math.round(width / tokenSide) };
  const data = await sharp(bytes)
    .resize(grid.columns * tokenSide, grid.rows * tokenSide, { fit: "fill" })
    .removeAlpha()
    .raw()
    .toBuffer();
  return { grid, data };
}
