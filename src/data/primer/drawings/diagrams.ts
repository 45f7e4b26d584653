import type { Random } from "../../random.ts";
import { type Arrow, drawDiagram } from "./diagram-drawing.ts";
import { drawingTask, type Question, type Scene } from "./drawing-task.ts";

const letters = [..."ABCDEFGH"];

function drawLetters(random: Random, minimum: number, maximum: number): string[] {
  return random.shuffle(letters).slice(0, random.integer(minimum, maximum));
}

/** Boxes with arrows; two boxes are joined by one arrow at most. */
function diagram(
  boxes: readonly string[],
  arrows: readonly Arrow[],
  ask: (random: Random) => Question,
): Scene {
  const lone = boxes.filter((box) => !arrows.flat().includes(box));
  const phrases = [
    ...arrows.map(([from, to]) => `${from} to ${to}`).toSorted(),
    ...lone.toSorted(),
  ];
  const content = phrases.join(", ");
  const caption = `a diagram: ${content}`;
  return { content, caption, ask, draw: (random) => drawDiagram(boxes, arrows, random) };
}

/** The end or the start of one arrow, where no other arrow makes the question unclear. */
function askNeighbour(arrows: readonly Arrow[], random: Random): Question {
  const from = (box: string) => arrows.filter(([start]) => start === box);
  const to = (box: string) => arrows.filter(([, end]) => end === box);
  const questions = arrows.flatMap(([start, end]) => [
    ...(from(start).length === 1 ? [{ prompt: `What does ${start} point to?`, answer: end }] : []),
    ...(to(end).length === 1 ? [{ prompt: `What points to ${end}?`, answer: start }] : []),
  ]);
  return random.pick(questions);
}

/** Whether an arrow leads from one box to another; no as often as yes. */
function askArrow(boxes: readonly string[], arrows: readonly Arrow[], random: Random): Question {
  const isArrow = ([from, to]: Arrow) =>
    arrows.some(([start, end]) => start === from && end === to);
  const pairs = boxes.flatMap((from) => boxes.map((to): Arrow => [from, to]));
  const absent = pairs.filter(([from, to]) => from !== to && !isArrow([from, to]));
  const isTrue = random.next() < 0.5;
  const [from, to] = random.pick(isTrue ? arrows : absent);
  return { prompt: `Does ${from} point to ${to}?`, answer: isTrue ? "yes" : "no" };
}

/** Level 1: one arrow between two boxes, at times with a third box. */
function oneArrow(random: Random): Scene {
  const boxes = drawLetters(random, 2, 3);
  const arrows: Arrow[] = [[boxes[0]!, boxes[1]!]];
  return diagram(boxes, arrows, (random) => askNeighbour(arrows, random));
}

/** One more arrow from each of the boxes, to a box that has none back. */
function addArrows(
  arrows: readonly Arrow[],
  { from, boxes }: { readonly from: readonly string[]; readonly boxes: readonly string[] },
  random: Random,
): Arrow[] {
  const all = [...arrows];
  for (const start of from) {
    const ends = boxes.filter(
      (box) => box !== start && !all.some(([other, end]) => other === box && end === start),
    );
    if (ends.length > 0) all.push([start, random.pick(ends)]);
  }
  return all;
}

/** Level 2: three or four boxes, at most one arrow from each. */
function fewArrows(random: Random): Scene {
  const boxes = drawLetters(random, 3, 4);
  const from = boxes.slice(0, random.integer(2, boxes.length - 1));
  const arrows = addArrows([], { from, boxes }, random);
  return diagram(boxes, arrows, (random) =>
    random.next() < 0.3 ? askArrow(boxes, arrows, random) : askNeighbour(arrows, random),
  );
}

/** Level 3: a tree of three to five boxes, its arrows away from its root or towards it. */
function tree(random: Random): Scene {
  const boxes = drawLetters(random, 3, 5);
  const isTowards = random.next() < 0.5;
  const arrows = boxes.slice(1).map((box, i): Arrow => {
    const parent = random.pick(boxes.slice(0, i + 1));
    return isTowards ? [box, parent] : [parent, box];
  });
  const first = boxes.filter((box) => !arrows.some(([, end]) => end === box));
  const last = boxes.filter((box) => !arrows.some(([start]) => start === box));
  const questions = [
    ...(first.length === 1 ? [{ prompt: "Which box has no arrow in?", answer: first[0]! }] : []),
    ...(last.length === 1 ? [{ prompt: "Which box has no arrow out?", answer: last[0]! }] : []),
  ];
  return diagram(boxes, arrows, (random) => random.pick(questions));
}

/** Level 4: a way of two arrows among three to five boxes, at most one arrow from each. */
function twoArrows(random: Random): Scene {
  const boxes = drawLetters(random, 3, 5);
  const [a = "", b = "", c = "", ...others] = boxes;
  const way: Arrow[] = [
    [a, b],
    [b, c],
  ];
  const from = [c, ...others].filter(() => random.next() < 0.6);
  const arrows = addArrows(way, { from, boxes }, random);
  const after = new Map(arrows);
  const starts = boxes.filter((box) => after.has(after.get(box) ?? ""));
  return diagram(boxes, arrows, (random) => {
    const start = random.pick(starts);
    const answer = after.get(after.get(start)!)!;
    return { prompt: `Which box is two arrows after ${start}?`, answer };
  });
}

/**
 * Graded diagrams of boxes and arrows: one arrow, several, the box without an arrow in or out, two
 * arrows one after another. `What does A point to?`
 */
export const diagrams = drawingTask([oneArrow, fewArrows, tree, twoArrows]);
