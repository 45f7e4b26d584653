import type { Random } from "../../random.ts";
import { between, drawInk, drawSize, hsl, svgDocument, tenths } from "./canvas.ts";
import { drawText } from "./glyphs.ts";

/** An arrow between two boxes, by their letters. */
export type Arrow = readonly [from: string, to: string];

/** A box with a letter; lengths in pixels. */
interface Box {
  readonly letter: string;
  readonly x: number;
  readonly y: number;
  /** Half of its side. */
  readonly half: number;
}

/** Boxes on an ellipse, so that a straight arrow never passes through a third one. */
function placeBoxes(letters: readonly string[], random: Random) {
  const size = drawSize(random);
  const [reachX, reachY] = [size.width / 2 - 15, size.height / 2 - 15];
  const start = random.next();
  const half = between(random, 8.5, 10.5);
  const boxes = letters.map((letter, i): Box => {
    const angle = 2 * Math.PI * (start + (i + between(random, -0.1, 0.1)) / letters.length);
    const x = tenths(size.width / 2 + reachX * Math.cos(angle));
    const y = tenths(size.height / 2 + reachY * Math.sin(angle));
    return { letter, x, y, half };
  });
  return { size, boxes };
}

/** A line from the edge of one box to the edge of another, with a head at its end. */
function drawArrow(from: Box, to: Box, { ink, weight }: { ink: string; weight: number }): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const [ux, uy] = [dx / length, dy / length];
  // From the middle of a square to its edge in this direction.
  const edge = from.half / Math.max(Math.abs(ux), Math.abs(uy));
  const head = 7;
  const along = (distance: number, aside = 0) => [
    tenths(from.x + ux * distance - uy * aside),
    tenths(from.y + uy * distance + ux * aside),
  ];
  const end = length - edge - 1.5;
  const [x1, y1] = along(edge + 1);
  const [x2, y2] = along(end - head + 1);
  const corners = [along(end), along(end - head, head * 0.55), along(end - head, -head * 0.55)];
  return [
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${ink}" stroke-width="${weight}"/>`,
    `<polygon points="${corners.map((corner) => corner.join(",")).join(" ")}" fill="${ink}"/>`,
  ].join("");
}

/** Boxes with letters and arrows between them, boxes in a random place. */
export function drawDiagram(
  letters: readonly string[],
  arrows: readonly Arrow[],
  random: Random,
): string {
  const { size, boxes } = placeBoxes(random.shuffle(letters), random);
  const [ink, arrowInk] = [drawInk(random), drawInk(random)];
  const weight = between(random, 1.2, 2);
  const fill = hsl(random.integer(0, 359), random.integer(0, 90), random.integer(84, 97));
  const corner = between(random, 0, 5);
  const boxOf = (letter: string) => boxes.find((box) => box.letter === letter)!;
  const lines = random
    .shuffle(arrows)
    .map(([from, to]) => drawArrow(boxOf(from), boxOf(to), { ink: arrowInk, weight }));
  const squares = boxes.map(({ letter, x, y, half }) => {
    const side = tenths(2 * half);
    const text = { x, y, height: tenths(half * 1.15), weight: 1.6, ink, wobble: 0.06 };
    return `<rect x="${tenths(x - half)}" y="${tenths(y - half)}" width="${side}" height="${side}" rx="${corner}" fill="${fill}" stroke="${ink}" stroke-width="${weight}"/>${drawText(letter, text, random)}`;
  });
  return svgDocument(size, [...lines, ...squares], { random, turn: 3 });
}
