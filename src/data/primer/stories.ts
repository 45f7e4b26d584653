import type { Random } from "../random.ts";
import type { PrimerTask } from "./problem.ts";

const children =
  "Anna Ben Clara Dan Ella Fritz Gina Hans Ida Jonas Lena Max Nora Otto Pia Tom".split(" ");
const animals = "fox bird dog cat mouse bear hare frog horse duck".split(" ");
const places = "forest;old mill;river bank;garden;hill;market;harbour;meadow".split(";");
const things = "key;red ball;small boat;lamp;letter;silver coin;warm coat;blue kite".split(";");
const weathers = "sunny windy rainy cold foggy warm".split(" ");
const feelings: readonly (readonly [string, string])[] = [
  ["sad", "glad"],
  ["afraid", "brave"],
  ["lonely", "merry"],
  ["tired", "proud"],
];

/** Who and what a story is about; every sentence of it agrees with this. */
interface Plot {
  readonly child: string;
  readonly friend: string;
  readonly animal: string;
  readonly place: string;
  readonly goal: string;
  readonly thing: string;
  readonly weather: string;
  readonly before: string;
  readonly after: string;
}

/** Sentences by their place in a story, each in several wordings. */
const scenes: readonly (readonly ((plot: Plot) => string)[])[] = [
  [
    (p) => `One ${p.weather} day, ${p.child} went to the ${p.place}.`,
    (p) => `It was a ${p.weather} morning when ${p.child} walked to the ${p.place}.`,
    (p) => `Once there was a child named ${p.child} who lived near the ${p.place}.`,
  ],
  [
    (p) => `${p.child} had lost a ${p.thing} and was ${p.before}.`,
    (p) => `${p.child} was ${p.before}, because the ${p.thing} was gone.`,
    (p) => `All that ${p.child} wanted was to find the ${p.thing}.`,
  ],
  [
    (p) => `By the path sat a ${p.animal}.`,
    (p) => `Then a ${p.animal} came along the path.`,
    (p) => `There, under a tree, was a ${p.animal}.`,
  ],
  [
    (p) => `"Have you seen my ${p.thing}?" asked ${p.child}.`,
    (p) => `"I am looking for my ${p.thing}," said ${p.child}.`,
  ],
  [
    (p) => `"Yes," said the ${p.animal}, "it is at the ${p.goal}."`,
    (p) => `The ${p.animal} said, "Go to the ${p.goal} and look there."`,
    (p) => `"${p.friend} took it to the ${p.goal}," said the ${p.animal}.`,
  ],
  [
    (p) => `So ${p.child} and the ${p.animal} went to the ${p.goal} together.`,
    (p) => `${p.child} ran to the ${p.goal} as fast as the ${p.animal}.`,
  ],
  [
    (p) => `At the ${p.goal} they met ${p.friend}, who held the ${p.thing}.`,
    (p) => `${p.friend} was at the ${p.goal} and gave the ${p.thing} to ${p.child}.`,
  ],
  [
    (p) => `Now ${p.child} was ${p.after}.`,
    (p) => `"Thank you!" said ${p.child}, who was ${p.after} again.`,
    (p) => `${p.child} took the ${p.thing} home and felt ${p.after}.`,
  ],
  [
    (p) => `From that day on, ${p.child}, ${p.friend} and the ${p.animal} were friends.`,
    (p) => `In the evening ${p.child} told ${p.friend} about the ${p.animal}.`,
    (p) => `And the ${p.animal} went back to the ${p.place}.`,
  ],
];

function drawPlot(random: Random): Plot {
  const [child = "", friend = ""] = random.shuffle(children);
  const [place = "", goal = ""] = random.shuffle(places);
  const [before, after] = random.pick(feelings);
  const animal = random.pick(animals);
  const thing = random.pick(things);
  return {
    child,
    friend,
    animal,
    place,
    goal,
    thing,
    weather: random.pick(weathers),
    before,
    after,
  };
}

/** Short stories whose sentences agree on who, where and what; plain text without test questions. */
export const stories: PrimerTask = {
  document(random) {
    const plot = drawPlot(random);
    return scenes.map((wordings) => random.pick(wordings)(plot)).join(" ");
  },
  tests: [],
};
