import type { Random } from "../../random.ts";
import { between, type CanvasSize, drawInk, drawSize, svgDocument } from "./canvas.ts";
import { colourNames, drawShade } from "./colours.ts";
import { drawingTask, type Scene } from "./drawing-task.ts";
import { drawText, textWidth } from "./glyphs.ts";
import { placeNames, places } from "./places.ts";

interface Writing {
  readonly text: string;
  /** Middle of the text, as parts of the sides. */
  readonly at: readonly [across: number, down: number];
  readonly ink: string;
}

/** Numbers written as large as fits the height and the image. */
function drawNumbers(
  writings: readonly Writing[],
  { size, heights }: { readonly size: CanvasSize; readonly heights: readonly [number, number] },
  random: Random,
): string {
  const elements = writings.map(({ text, at: [across, down], ink }) => {
    const drawn = between(random, ...heights);
    const room = Math.min(across, 1 - across) * 2 * size.width - 22;
    const height = Math.min(drawn, (drawn * room) / textWidth(text, drawn));
    const weight = between(random, height * 0.07, height * 0.15);
    const x = size.width * across + between(random, -3, 3);
    const y = size.height * down + between(random, -3, 3);
    return drawText(text, { x, y, height, weight, ink, wobble: 0.22 }, random);
  });
  return svgDocument(size, elements, { random, turn: 5 });
}

/** Level 1: one digit in a colour. */
function digit(random: Random): Scene {
  const text = String(random.integer(0, 9));
  const colour = random.pick(colourNames);
  const place = random.pick(placeNames);
  const caption = `the ${colour} digit ${text} ${places[place].words}`;
  return {
    content: caption,
    caption,
    ask: (random) =>
      random.pick([
        { prompt: "Which digit is this?", answer: text },
        { prompt: "What colour is the digit?", answer: colour },
        { prompt: "Where is the digit?", answer: place },
      ]),
    draw: (random) => {
      const writing = { text, at: places[place].at, ink: drawShade(colour, random) };
      return drawNumbers([writing], { size: drawSize(random), heights: [26, 42] }, random);
    },
  };
}

/** One number in the middle of the image. */
function number(value: number): Scene {
  const text = String(value);
  return {
    content: text,
    caption: `the number ${text}`,
    ask: () => ({ prompt: "What number is this?", answer: text }),
    draw: (random) => {
      const writing = { text, at: [0.5, 0.5] as const, ink: drawInk(random) };
      return drawNumbers([writing], { size: drawSize(random), heights: [30, 50] }, random);
    },
  };
}

/** Two numbers, one above the other. */
function twoNumbers(first: number, second: number, ask: Scene["ask"]): Scene {
  return {
    // The same in either order.
    content: `${Math.min(first, second)} and ${Math.max(first, second)}`,
    caption: `the number ${first} above the number ${second}`,
    ask,
    draw: (random) => {
      const ink = drawInk(random);
      const writings = [first, second].map((value, i) => {
        const at = [0.5, i === 0 ? 0.27 : 0.73] as const;
        return { text: String(value), at, ink: random.next() < 0.5 ? ink : drawInk(random) };
      });
      return drawNumbers(writings, { size: drawSize(random), heights: [22, 30] }, random);
    },
  };
}

/** Level 4: the larger or the smaller of two numbers. */
function compared(random: Random): Scene {
  const [first, second] = [random.integer(10, 99), random.integer(10, 99)];
  if (first === second) return compared(random);
  return twoNumbers(first, second, (random) =>
    random.pick([
      { prompt: "What is the larger number?", answer: String(Math.max(first, second)) },
      { prompt: "What is the smaller number?", answer: String(Math.min(first, second)) },
    ]),
  );
}

/** Level 5: the sum of two numbers. */
function added(random: Random): Scene {
  const [first, second] = [random.integer(1, 49), random.integer(1, 49)];
  const answer = String(first + second);
  return twoNumbers(first, second, () => ({
    prompt: "What is the sum of the two numbers?",
    answer,
  }));
}

/**
 * Graded images of written numbers: one digit, two or three, four, the larger of two, the sum.
 * `What number is this?` `What is the larger number?`
 */
export const digits = drawingTask([
  digit,
  (random) => number(random.next() < 0.5 ? random.integer(10, 99) : random.integer(100, 999)),
  (random) => number(random.integer(1000, 9999)),
  compared,
  added,
]);
