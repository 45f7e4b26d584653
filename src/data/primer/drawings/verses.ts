import type { Random } from "../../random.ts";
import { isTestKey } from "../problem.ts";
import { colourNames } from "./colours.ts";
import type { DrawingTask } from "./drawing-task.ts";
import { placeNames } from "./places.ts";
import { type ColouredShape, drawSingle, shapeNames } from "./shape-drawing.ts";

/** Words that a poem can be asked to use, each with lines that rhyme with it. */
const rhymes: Readonly<Record<string, readonly string[]>> = {
  moon: ["and hums a slow and gentle tune", "and hopes that night is coming soon"],
  sea: ["and feels at once both small and free", "and rests below the nearest tree"],
  rain: ["and walks along an empty lane", "and hears it tap the window pane"],
  snow: ["and sets the winter roofs aglow", "and has no other place to go"],
  night: ["and keeps a little bit of light", "and shows the way to birds in flight"],
  door: ["and listens to the distant shore", "and does not want for any more"],
  hill: ["and stands there very bright and still", "and turns as slowly as a mill"],
  stone: ["and likes to be a while alone", "and keeps a colour of its own"],
  fire: ["and climbs a little, ever higher", "and sings along with the whole choir"],
  sky: ["and lets the slow white clouds go by", "and never stops to wonder why"],
  stream: ["and falls into a summer dream", "and gives the water half its gleam"],
  day: ["and drives the early mist away", "and never wears a thread of grey"],
  bell: ["and has a secret it could tell", "and sleeps as in a silver shell"],
  wall: ["and waits for the first leaf to fall", "and hears a distant blackbird call"],
};

const verbs = ["looks upon", "waits beside", "drifts across", "thinks about"];
const secondVerbs = ["it greets", "it dreams about", "it calls out to"];

/** What a poem says of each form. */
const manners: { readonly [shape in ColouredShape["shape"]]: string } = {
  circle: "Round all over",
  square: "On four corners",
  triangle: "On three corners",
  star: "With five bright points",
  cross: "With open arms",
  heart: "Warm and full",
  ring: "Hollow and round",
};

/** What a poem shall be about: a shape of one colour, and two words that it uses. */
export interface PoemSubject extends ColouredShape {
  readonly words: readonly [string, string];
}

interface Drawn {
  readonly subject: PoemSubject;
  /** Asks for the poem, behind the image. */
  readonly prompt: string;
  readonly poem: string;
  readonly svg: string;
  readonly key: string;
}

/**
 * Images of one shape with two words, and a poem of two rhymed pairs of lines about both. Many poems
 * are right: `judgePoem` decides.
 */
export const verses: DrawingTask = {
  scene(random) {
    const { svg, prompt, poem } = draw(random, "train");
    return { svg, caption: prompt + poem, problems: [] };
  },
  tests: [
    (random) => {
      const { svg, prompt, poem: answer, key, subject } = draw(random, "test");
      return { difficulty: 1, svg, prompt, answer, key, poem: subject };
    },
  ],
};

function draw(random: Random, side: "train" | "test"): Drawn {
  for (;;) {
    const shape = { colour: random.pick(colourNames), shape: random.pick(shapeNames) };
    const [first = "moon", second = "sea"] = random.shuffle(Object.keys(rhymes));
    const key = `${shape.colour} ${shape.shape}: ${[first, second].toSorted().join(", ")}`;
    if (isTestKey(key) !== (side === "test")) continue;
    const subject = { ...shape, words: [first, second] as const };
    const isBig = random.next() < 0.5;
    const svg = drawSingle(shape, { place: random.pick(placeNames), isBig }, random);
    const poem = writePoem(subject, isBig, random);
    return { subject, prompt: `Words: ${first}, ${second}\n`, poem, svg, key };
  }
}

function writePoem({ colour, shape, words }: PoemSubject, isBig: boolean, random: Random): string {
  const [first, second] = words;
  return [
    `A ${isBig ? "big" : "small"} ${colour} ${shape} ${random.pick(verbs)} the ${first}`,
    `${random.pick(rhymes[first]!)}.`,
    `${manners[shape]}, ${random.pick(secondVerbs)} the ${second}`,
    `${random.pick(rhymes[second]!)}.`,
  ].join("\n");
}

/** What a poem fulfils of its request. */
export interface PoemVerdict {
  /** It names the shape with its colour, and no other colour or shape. */
  readonly namesPicture: boolean;
  /** Both words stand in it. */
  readonly usesWords: boolean;
  /** It has four lines, and each second one rhymes with the one before. */
  readonly rhymes: boolean;
}

/** Judges a poem, whoever wrote it. */
export function judgePoem({ colour, shape, words }: PoemSubject, text: string): PoemVerdict {
  const used = new Set(text.toLowerCase().match(/[a-z]+/g) ?? []);
  const named = (names: readonly string[]) => names.filter((name) => used.has(name)).join();
  const ends = text.trim().split("\n").map(lastWord);
  return {
    namesPicture: named(colourNames) === colour && named(shapeNames) === shape,
    usesWords: words.every((word) => used.has(word)),
    rhymes: ends.length === 4 && isRhyme(ends[0]!, ends[1]!) && isRhyme(ends[2]!, ends[3]!),
  };
}

function lastWord(line: string): string {
  return (
    line
      .toLowerCase()
      .match(/[a-z]+/g)
      ?.at(-1) ?? ""
  );
}

/** Which words rhyme: those at the ends of the lines that stand with one word, and the word itself. */
const rhymeClasses = new Map(
  Object.entries(rhymes).flatMap(([word, lines]) =>
    [word, ...lines.map(lastWord)].map((end) => [end, word] as const),
  ),
);

function isRhyme(one: string, other: string): boolean {
  const rhyme = rhymeClasses.get(one);
  return one !== other && rhyme !== undefined && rhyme === rhymeClasses.get(other);
}
