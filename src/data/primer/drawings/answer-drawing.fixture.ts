import type { DrawingTaskName } from "./drawing-tasks.ts";
import {
  type ReadShape,
  readChart,
  readDiagram,
  readShapes,
  readTexts,
} from "./read-drawing.fixture.ts";

/** Answers found in the drawing alone, for tests: a rule for each wording of a question. */
type Rule<Seen> = readonly [prompt: RegExp, answer: (seen: Seen, ...words: string[]) => unknown];

function yesNo(isTrue: boolean): string {
  return isTrue ? "yes" : "no";
}

function singular(word: string): string {
  return word === "crosses" ? "cross" : word.replace(/s$/, "");
}

interface Seen<T> {
  readonly things: T;
  readonly width: number;
  readonly height: number;
}

/** Which of five places of the image a point lies in. */
function placeOf({ x, y }: { x: number; y: number }, { width, height }: Seen<unknown>): string {
  const [across, down] = [x / width - 0.5, y / height - 0.5];
  if (Math.max(Math.abs(across), Math.abs(down)) < 0.1) return "middle";
  if (Math.abs(across) > Math.abs(down)) return across < 0 ? "left" : "right";
  return down < 0 ? "top" : "bottom";
}

function count({ things }: Seen<ReadShape[]>, colour: string, shape: string): number {
  return things.filter((one) => one.colour === colour && one.shape === singular(shape)).length;
}

/** The shape that lies farthest to a side. */
function atSide({ things }: Seen<ReadShape[]>, place: string): ReadShape {
  const axis = /top|bottom/.test(place) ? "y" : "x";
  const sorted = things.toSorted((a, b) => a[axis] - b[axis]);
  return sorted.at(/top|left/.test(place) ? 0 : -1)!;
}

function isRelated(a: ReadShape, relation: string, b: ReadShape): boolean {
  if (relation === "above") return a.y < b.y;
  if (relation === "below") return a.y > b.y;
  return relation === "left of" ? a.x < b.x : a.x > b.x;
}

const shapeRules: readonly Rule<Seen<ReadShape[]>>[] = [
  [/^What shape is this/, ({ things }) => things[0]!.shape],
  [/^What shape is (.*)\?/, (seen, place) => atSide(seen, place!).shape],
  [/^What colour is the shape (.*)\?/, (seen, place) => atSide(seen, place!).colour],
  [/^What colour is the/, ({ things }) => things[0]!.colour],
  [/^Where is/, (seen) => placeOf(seen.things[0]!, seen)],
  [
    /^Is the (\w+) (.*) the (\w+)\?/,
    ({ things }, first, relation, second) => {
      const [a, b] = [first, second].map((shape) => things.find((one) => one.shape === shape)!);
      return yesNo(isRelated(a!, relation!, b!));
    },
  ],
  [
    /^How many (\w+) shapes/,
    ({ things }, colour) => things.filter((one) => one.colour === colour).length,
  ],
  [/^How many (\w+) (\w+) are/, (seen, colour, shape) => count(seen, colour!, shape!)],
  [
    /^How many (\w+) are/,
    ({ things }, shape) => things.filter((one) => one.shape === singular(shape!)).length,
  ],
  [
    /^Are there more (\w+) (\w+) than (\w+) (\w+)\?/,
    (seen, a, b, c, d) => yesNo(count(seen, a!, b!) > count(seen, c!, d!)),
  ],
];

const chartRules: readonly Rule<Map<string, number>>[] = [
  [/highest\?/, (values) => [...values].toSorted((a, b) => b[1] - a[1])[0]![0]],
  [/lowest\?/, (values) => [...values].toSorted((a, b) => a[1] - b[1])[0]![0]],
  [/^What is the value of (.)/, (values, letter) => values.get(letter!)],
  [/higher is (.) than (.)/, (values, a, b) => values.get(a!)! - values.get(b!)!],
];

const diagramRules: readonly Rule<ReturnType<typeof readDiagram>>[] = [
  [
    /^What does (.) point to/,
    ({ arrows }, box) => arrows.filter(([from]) => from === box).map(([, to]) => to),
  ],
  [
    /^What points to (.)/,
    ({ arrows }, box) => arrows.filter(([, to]) => to === box).map(([from]) => from),
  ],
  [
    /^Does (.) point to (.)/,
    ({ arrows }, a, b) => yesNo(arrows.some(([from, to]) => from === a && to === b)),
  ],
  [
    /no arrow in/,
    ({ boxes, arrows }) => boxes.filter((box) => arrows.every(([, to]) => to !== box)),
  ],
  [
    /no arrow out/,
    ({ boxes, arrows }) => boxes.filter((box) => arrows.every(([from]) => from !== box)),
  ],
  [
    /two arrows after (.)/,
    ({ arrows }, box) => {
      const next = new Map(arrows);
      return next.get(next.get(box!)!);
    },
  ],
];

const digitRules: readonly Rule<{ svg: string; texts: ReturnType<typeof readTexts> }>[] = [
  [/^(?:Which digit|What number) is this/, ({ texts }) => texts[0]!.text],
  [
    /^What colour/,
    ({ svg }) => {
      const fill = /stroke="(hsl[^"]*)"/.exec(svg)![1];
      return readShapes(`<g transform="translate(0 0)" fill="${fill}"><circle r="1"/>`)[0]!.colour;
    },
  ],
  [/^Where/, ({ svg, texts }) => placeOf(texts[0]!, { things: texts, ...sizeOf(svg) })],
  [/larger/, ({ texts }) => Math.max(...texts.map(({ text }) => Number(text)))],
  [/smaller/, ({ texts }) => Math.min(...texts.map(({ text }) => Number(text)))],
  [/sum/, ({ texts }) => texts.reduce((sum, { text }) => sum + Number(text), 0)],
];

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
  return { width: Number(width), height: Number(height) };
}

function byRule<Seen>(rules: readonly Rule<Seen>[], seen: Seen, prompt: string): string {
  const [pattern, answer] = rules.find(([pattern]) => pattern.test(prompt))!;
  return String(answer(seen, ...pattern.exec(prompt)!.slice(1)));
}

/** The drawn parts with questions. */
export type GradedDrawing = Exclude<DrawingTaskName, "verses">;

/** By task: the answer to a question, read from the drawing alone. */
export const answers: {
  readonly [name in GradedDrawing]: (svg: string, prompt: string) => string;
} = {
  shapes: (svg, prompt) => byRule(shapeRules, { things: readShapes(svg), ...sizeOf(svg) }, prompt),
  charts: (svg, prompt) => byRule(chartRules, readChart(svg), prompt),
  diagrams: (svg, prompt) => byRule(diagramRules, readDiagram(svg), prompt),
  digits: (svg, prompt) => byRule(digitRules, { svg, texts: readTexts(svg) }, prompt),
};
