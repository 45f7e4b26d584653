import { glyphs } from "./glyphs.ts";

/** Reading drawings back from their SVG alone, for tests: nothing here knows how a scene was drawn. */

interface Point {
  readonly x: number;
  readonly y: number;
}

const numberPattern = /-?\d+(?:\.\d+)?/g;

function numbersIn(text: string): number[] {
  return (text.match(numberPattern) ?? []).map(Number);
}

function pointsIn(text: string): Point[] {
  const parts = numbersIn(text);
  return Array.from({ length: parts.length / 2 }, (_, i) => ({
    x: parts[2 * i]!,
    y: parts[2 * i + 1]!,
  }));
}

/** The number in an attribute of an element. */
function attribute(element: string, name: string): number {
  return Number(new RegExp(` ${name}="([^"]*)"`).exec(element)![1]);
}

function elements(svg: string, pattern: RegExp): string[] {
  return [...svg.matchAll(pattern)].map(([element]) => element);
}

function middle(points: readonly Point[]): Point {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const centre = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;
  return { x: centre(xs), y: centre(ys) };
}

/** Points moved to the mean 0 and scaled to the mean square 1. */
function normalised(points: readonly Point[]): Point[] {
  const mean = (pick: (point: Point) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const size = Math.sqrt(mean((point) => (point.x - x) ** 2 + (point.y - y) ** 2));
  return points.map((point) => ({ x: (point.x - x) / size, y: (point.y - y) / size }));
}

/** Every form of every glyph: lengths of its strokes and all its points. */
const forms = Object.entries(glyphs).flatMap(([character, variants]) =>
  variants.map((variant) => {
    const strokes = variant.split("|").map((stroke) => stroke.split(" "));
    const points = strokes.flat().map(([x, y]) => ({ x: Number(x), y: Number(y) }));
    return { character, lengths: String(strokes.map(({ length }) => length)), points };
  }),
);

function readGlyph(path: string): string {
  const strokes = path.split("M").slice(1).map(pointsIn);
  const lengths = String(strokes.map(({ length }) => length));
  const points = normalised(strokes.flat());
  const distances = forms
    .filter((form) => form.lengths === lengths)
    .map(({ character, points: expected }) => {
      const gaps = normalised(expected).map(({ x, y }, i) =>
        Math.hypot(x - points[i]!.x, y - points[i]!.y),
      );
      return { character, distance: Math.max(...gaps) };
    });
  return distances.toSorted((a, b) => a.distance - b.distance)[0]!.character;
}

/** A text in a drawing and its middle. */
interface ReadText extends Point {
  readonly text: string;
}

/** The texts of a drawing in the order of drawing. */
export function readTexts(svg: string): ReadText[] {
  return elements(svg, /<g fill="none"[^>]*>(<path d="[^"]*"\/>)+<\/g>/g).map((group) => {
    const paths = [...group.matchAll(/ d="([^"]*)"/g)].map((match) => match[1]!);
    return { text: paths.map(readGlyph).join(""), ...middle(paths.flatMap(pointsIn)) };
  });
}

/** A shape in a drawing. */
export interface ReadShape extends Point {
  readonly colour: string;
  readonly shape: string;
}

function nameColour(hue: number, lightness: number): string {
  if (lightness < 15) return "black";
  if (lightness > 70) return "pink";
  const bounds: readonly (readonly [below: number, name: string])[] = [
    [12, "red"],
    [42, "orange"],
    [70, "yellow"],
    [170, "green"],
    [245, "blue"],
    [300, "purple"],
    [361, "red"],
  ];
  return bounds.find(([below]) => hue < below)![1];
}

function nameShape(outline: string): string {
  if (outline.startsWith("<circle")) return "circle";
  if (outline.startsWith("<rect")) return "square";
  if (outline.startsWith("<path")) return outline.includes("evenodd") ? "ring" : "heart";
  const corners: Readonly<Record<number, string>> = { 3: "triangle", 10: "star", 12: "cross" };
  return corners[pointsIn(outline).length]!;
}

/** The shapes of a drawing in the order of drawing. */
export function readShapes(svg: string): ReadShape[] {
  const pattern = /<g transform="translate\(([^)]*)\)[^"]*" fill="hsl\(([^)]*)\)">(<[^>]*>)/g;
  return [...svg.matchAll(pattern)].map(([, place = "", fill = "", outline = ""]) => {
    const [x = 0, y = 0] = numbersIn(place);
    const [hue = 0, , lightness = 0] = numbersIn(fill);
    return { x, y, colour: nameColour(hue, lightness), shape: nameShape(outline) };
  });
}

/** The values of a chart by their letters, measured against the marks of its axis. */
export function readChart(svg: string): Map<string, number> {
  const texts = readTexts(svg);
  const marks = texts.filter(({ text }) => /^\d+$/.test(text));
  const lines = elements(svg, /<line [^>]*>/g).map((line) => attribute(line, "y1"));
  const [bottom = 0, top = 0] = [lines[0], lines.at(-1)];
  const [lowest = 0, highest = 0] = [Number(marks[0]?.text), Number(marks.at(-1)?.text)];
  const tops = [
    ...elements(svg, /<rect x=[^>]*>/g).map((bar) => ({
      x: attribute(bar, "x") + attribute(bar, "width") / 2,
      y: attribute(bar, "y"),
    })),
    ...elements(svg, /<circle [^>]*>/g).map((dot) => ({
      x: attribute(dot, "cx"),
      y: attribute(dot, "cy"),
    })),
  ];
  const letters = texts.filter(({ text }) => /^[A-E]$/.test(text));
  return new Map(
    letters.map((letter) => {
      const { y } = nearest(
        letter.x,
        0,
        tops.map((point) => ({ ...point, at: { ...point, y: 0 } })),
      );
      const value = lowest + ((highest - lowest) * (y - bottom)) / (top - bottom);
      return [letter.text, Math.round(value)];
    }),
  );
}

function nearest<T extends { readonly at: Point }>(x: number, y: number, things: readonly T[]): T {
  const distance = ({ at }: T) => Math.hypot(at.x - x, at.y - y);
  return things.toSorted((a, b) => distance(a) - distance(b))[0]!;
}

/** The boxes and arrows of a diagram, by letters. */
export function readDiagram(svg: string): {
  boxes: string[];
  arrows: [from: string, to: string][];
} {
  const boxes = readTexts(svg).map((text) => ({ text: text.text, at: text }));
  const arrows = [...svg.matchAll(/(<line [^>]*>)<polygon points="([^"]*)"/g)].map(
    ([, line = "", head = ""]): [string, string] => {
      const [tip] = pointsIn(head);
      const from = nearest(attribute(line, "x1"), attribute(line, "y1"), boxes);
      return [from.text, nearest(tip!.x, tip!.y, boxes).text];
    },
  );
  return { boxes: boxes.map(({ text }) => text), arrows };
}
