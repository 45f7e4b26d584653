import type { Random } from "../../random.ts";
import { colourNames } from "./colours.ts";
import { drawingTask, type Scene } from "./drawing-task.ts";
import { placeNames, places } from "./places.ts";
import {
  type ColouredShape,
  drawPair,
  drawScattered,
  drawSingle,
  shapeNames,
} from "./shape-drawing.ts";
import { type Group, listed, phrase, plural } from "./shape-words.ts";

function drawShapeOf(random: Random): ColouredShape {
  return { colour: random.pick(colourNames), shape: random.pick(shapeNames) };
}

function yesNo(isTrue: boolean): string {
  return isTrue ? "yes" : "no";
}

/** Level 1: one shape at one of five places. */
function single(random: Random): Scene {
  const shape = drawShapeOf(random);
  const place = random.pick(placeNames);
  const isBig = random.next() < 0.5;
  const size = isBig ? "big" : "small";
  const caption = `a ${size} ${shape.colour} ${shape.shape} ${places[place].words}`;
  return {
    content: caption,
    caption,
    ask: (random) =>
      random.pick([
        { prompt: "What shape is this?", answer: shape.shape },
        { prompt: `What colour is the ${shape.shape}?`, answer: shape.colour },
        { prompt: `Where is the ${shape.shape}?`, answer: place },
      ]),
    draw: (random) => drawSingle(shape, { place, isBig }, random),
  };
}

/** Scattered groups; what is asked of them differs by level. */
function scattered(groups: readonly Group[], ask: Scene["ask"]): Scene {
  const caption = listed(groups);
  const shapes = groups.flatMap((group) => Array.from({ length: group.count }, () => group));
  return {
    content: groups.map(phrase).toSorted().join(", "),
    caption,
    ask,
    draw: (random) => drawScattered(random.shuffle(shapes), random),
  };
}

/** Level 2: two to six shapes of one kind and colour. */
function alike(random: Random): Scene {
  const group = { ...drawShapeOf(random), count: random.integer(2, 6) };
  const answer = String(group.count);
  return scattered([group], (random) =>
    random.pick([
      { prompt: `How many ${plural(group.shape)} are there?`, answer },
      { prompt: `How many ${group.colour} shapes are there?`, answer },
    ]),
  );
}

/** Level 3: two shapes, one above or left of the other. */
function pair(random: Random): Scene {
  const isVertical = random.next() < 0.5;
  const [colour = "red", otherColour = "red"] = random.shuffle(colourNames);
  const [shape = "circle", otherShape = "circle"] = random.shuffle(shapeNames);
  const first = { colour, shape };
  const second = { colour: otherColour, shape: otherShape };
  const [before, after] = isVertical ? ["above", "below"] : ["left of", "right of"];
  const ends = isVertical ? (["top", "bottom"] as const) : (["left", "right"] as const);
  const isTurned = random.next() < 0.5;
  const [from, to] = isTurned ? [second, first] : [first, second];
  const relation = isTurned ? after : before;
  const named = (one: ColouredShape) => phrase({ ...one, count: 1 });
  return {
    // The same for "a above b" and "b below a".
    content: `${named(first)} ${before} ${named(second)}`,
    caption: `${named(from)} ${relation} ${named(to)}`,
    ask: (random) => {
      const [one, other] = random.shuffle([first, second]) as [ColouredShape, ColouredShape];
      const asked = random.pick([before, after]);
      const isTrue = (one === first) === (asked === before);
      const place = places[ends[one === first ? 0 : 1]].words;
      return random.pick([
        {
          prompt: `Is the ${one.shape} ${asked} the ${other.shape}?`,
          answer: yesNo(isTrue),
        },
        { prompt: `What colour is the shape ${place}?`, answer: one.colour },
        { prompt: `What shape is ${place}?`, answer: one.shape },
      ]);
    },
    draw: (random) => drawPair([first, second], { isVertical }, random),
  };
}

function drawCounts(random: Random, length: number, maximum: number): number[] {
  return Array.from({ length }, () => random.integer(1, maximum));
}

/** A shape other than the given one: another colour, another form, or both. */
function drawOther(random: Random, { colour, shape }: ColouredShape): ColouredShape {
  const otherColour = random.pick(colourNames.filter((name) => name !== colour));
  const otherShape = random.pick(shapeNames.filter((name) => name !== shape));
  return random.pick([
    { colour, shape: otherShape },
    { colour: otherColour, shape },
    { colour: otherColour, shape: otherShape },
  ]);
}

/** Level 4: two groups, often of one colour or one form; one of them is counted. */
function mixed(random: Random): Scene {
  const first = drawShapeOf(random);
  const second = drawOther(random, first);
  const [count = 1, otherCount = 1] = drawCounts(random, 2, 4);
  // One of each would be an image of level 3.
  if (count + otherCount === 2) return mixed(random);
  const groups = [
    { ...first, count },
    { ...second, count: otherCount },
  ];
  return scattered(groups, (random) => {
    const asked = random.pick(groups);
    return {
      prompt: `How many ${asked.colour} ${plural(asked.shape)} are there?`,
      answer: String(asked.count),
    };
  });
}

/** Level 5: three groups, two of one colour and two of one form, added or compared. */
function crossed(random: Random): Scene {
  const [colour = "red", otherColour = "red"] = random.shuffle(colourNames);
  const [shape = "circle", otherShape = "circle"] = random.shuffle(shapeNames);
  const [shared = 1, sameColour = 1, sameShape = 1] = drawCounts(random, 3, 3);
  // Equal numbers have no "more".
  if (sameColour === sameShape) return crossed(random);
  const groups = [
    { colour, shape, count: shared },
    { colour, shape: otherShape, count: sameColour },
    { colour: otherColour, shape, count: sameShape },
  ];
  return scattered(random.shuffle(groups), (random) => {
    const [, one, other] = random.next() < 0.5 ? groups : [groups[0], groups[2], groups[1]];
    const kinds = [one!, other!].map((group) => `${group.colour} ${plural(group.shape)}`);
    return random.pick([
      { prompt: `How many ${colour} shapes are there?`, answer: String(shared + sameColour) },
      { prompt: `How many ${plural(shape)} are there?`, answer: String(shared + sameShape) },
      {
        prompt: `Are there more ${kinds[0]} than ${kinds[1]}?`,
        answer: yesNo(one!.count > other!.count),
      },
    ]);
  });
}

/**
 * Graded images of coloured shapes: one shape, equal shapes counted, two shapes and how they lie,
 * two groups, three groups. `Is the star above the ring?` `How many red circles are there?`
 */
export const shapes = drawingTask([single, alike, pair, mixed, crossed]);
