import type { Random } from "../../random.ts";
import { between, type CanvasSize, drawSize, svgDocument, tall, tenths, usual } from "./canvas.ts";
import { type ColourName, drawShade } from "./colours.ts";
import { type PlaceName, places } from "./places.ts";

/** An SVG element of a shape around (0, 0) whose extent is about `radius` pixels each way. */
const outlines = {
  circle: (radius: number) => `<circle r="${radius}"/>`,
  square: (radius: number) => {
    const side = tenths(radius * 1.8);
    return `<rect x="${-side / 2}" y="${-side / 2}" width="${side}" height="${side}"/>`;
  },
  triangle: (radius: number) => polygon(radius, [0, -1.05, 1.05, 0.85, -1.05, 0.85]),
  star: (radius: number) => polygon(radius, starCorners),
  cross: (radius: number) => polygon(radius, crossCorners),
  heart: (radius: number) => {
    const [a, b, c, d, e] = [0.1, 0.5, 0.8, 1, 1.55].map((part) => tenths(part * radius));
    const left = `C-${e},-${a} -${c},-${e} 0,-${b}`;
    return `<path d="M0,${d}${left}C${c},-${e} ${e},-${a} 0,${d}Z"/>`;
  },
  ring: (radius: number) => {
    const hole = tenths(radius * 0.55);
    return `<path fill-rule="evenodd" d="${circlePath(radius)}${circlePath(hole)}"/>`;
  },
} as const;

/** A shape with a name. */
export type ShapeName = keyof typeof outlines;

/** The shapes with a name. */
export const shapeNames = Object.keys(outlines) as readonly ShapeName[];

/** A shape of one colour; its place and size are in pixels. */
interface PlacedShape {
  readonly shape: ShapeName;
  readonly colour: ColourName;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** What is drawn, wherever it lies. */
export type ColouredShape = Pick<PlacedShape, "shape" | "colour">;

const starCorners = Array.from({ length: 10 }, (_, i) => {
  const reach = i % 2 === 0 ? 1.2 : 0.5;
  return [reach * Math.sin((i * Math.PI) / 5), -reach * Math.cos((i * Math.PI) / 5)];
}).flat();

const crossCorners = [
  [-0.36, -1, 0.36, -1, 0.36, -0.36, 1, -0.36, 1, 0.36, 0.36, 0.36],
  [0.36, 1, -0.36, 1, -0.36, 0.36, -1, 0.36, -1, -0.36, -0.36, -0.36],
].flat();

function polygon(radius: number, corners: readonly number[]): string {
  return `<polygon points="${corners.map((part) => tenths(part * radius)).join(" ")}"/>`;
}

function circlePath(radius: number): string {
  const half = `a${radius},${radius} 0 1 0`;
  return `M${-radius},0${half} ${2 * radius},0${half} ${-2 * radius},0Z`;
}

function drawShape({ shape, colour, x, y, radius }: PlacedShape, random: Random): string {
  const place = `translate(${tenths(x)} ${tenths(y)}) rotate(${between(random, -14, 14)})`;
  const fill = drawShade(colour, random);
  return `<g transform="${place}" fill="${fill}">${outlines[shape](radius)}</g>`;
}

function drawShapes(size: CanvasSize, placed: readonly PlacedShape[], random: Random): string {
  const elements = placed.map((shape) => drawShape(shape, random));
  return svgDocument(size, elements, { random, turn: 0 });
}

/** One shape at a place of the image. */
export function drawSingle(
  shape: ColouredShape,
  { place, isBig }: { readonly place: PlaceName; readonly isBig: boolean },
  random: Random,
): string {
  const size = drawSize(random);
  const [across, down] = places[place].at;
  const radius = isBig ? between(random, 17, 21) : between(random, 8, 11);
  const x = size.width * across + between(random, -4, 4);
  const y = size.height * down + between(random, -4, 4);
  return drawShapes(size, [{ ...shape, x, y, radius }], random);
}

/** Two shapes, the first above or left of the second. */
export function drawPair(
  pair: readonly [ColouredShape, ColouredShape],
  { isVertical }: { readonly isVertical: boolean },
  random: Random,
): string {
  const size = isVertical ? random.pick([usual, usual, tall]) : drawSize(random);
  const { width, height } = size;
  const placed = pair.map((shape, i): PlacedShape => {
    const along = i === 0 ? 0.27 : 0.73;
    const [across, down] = isVertical ? [0.5, along] : [along, 0.5];
    const [x, y] = [
      width * across + between(random, -6, 6),
      height * down + between(random, -6, 6),
    ];
    return { ...shape, x, y, radius: between(random, 10, 15) };
  });
  // In either order, so that the order of drawing tells nothing.
  return drawShapes(size, random.shuffle(placed), random);
}

/** Shapes all over the image, none touching another. */
export function drawScattered(shapes: readonly ColouredShape[], random: Random): string {
  const size = drawSize(random);
  let placed = scatter(shapes, size, random);
  while (placed === undefined) placed = scatter(shapes, size, random);
  return drawShapes(size, placed, random);
}

/** Tries for a free place before all shapes are placed anew. */
const tries = 60;

function scatter(
  shapes: readonly ColouredShape[],
  { width, height }: CanvasSize,
  random: Random,
): PlacedShape[] | undefined {
  const placed: PlacedShape[] = [];
  for (let i = 0; i < tries && placed.length < shapes.length; i++) {
    // The radius is drawn alike for any number of shapes, so that it tells nothing about it.
    const radius = between(random, 8, 10.5);
    const edge = radius * 1.25;
    const [x, y] = [between(random, edge, width - edge), between(random, edge, height - edge)];
    const isFree = placed.every(
      (other) => Math.hypot(other.x - x, other.y - y) > 1.15 * (other.radius + radius) + 2,
    );
    if (isFree) placed.push({ ...shapes[placed.length]!, x, y, radius });
  }
  return placed.length === shapes.length ? placed : undefined;
}
