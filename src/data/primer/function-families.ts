import type { Random } from "../random.ts";

/** A family of small functions: one sentence, one body and one meaning per parameters. */
export interface FunctionFamily {
  /** Parameters of one member, such as the number to add. */
  readonly draw: (random: Random) => Parameters;
  /** How the sentence may be worded. */
  readonly sentences: readonly ((...parameters: Parameters) => string)[];
  readonly parameters: string;
  readonly body: (...parameters: Parameters) => string;
  readonly args: Arguments;
}

type Parameters = readonly (number | string)[];

/** Arguments for the index-th test of a member; they lie where a wrong member would differ. */
type Arguments = (random: Random, parameters: Parameters, index: number) => readonly unknown[];

const letters = [..."abcdefghijklmnopqrstuvwxyz"];
const randomWord = (random: Random) =>
  Array.from({ length: random.integer(3, 7) }, () => random.pick(letters)).join("");

const numberPair: Arguments = (random) => [random.integer(-20, 50), random.integer(-20, 50)];
const oneNumber: Arguments = (random) => [random.integer(-20, 50)];
const aroundFirst: Arguments = (_random, [k], index) => [Number(k) - 2 + index];
const list: Arguments = (random) => [
  Array.from({ length: random.integer(3, 6) }, () => random.integer(-9, 30)),
];
const listAroundFirst: Arguments = (random, [k]) => [
  random.shuffle([-1, 0, 1, 2, random.integer(-9, 30)].map((offset) => Number(k) + offset)),
];
const wordWithLetter: Arguments = (random, [c]) => [
  randomWord(random) + c + randomWord(random) + c,
];
const wordMaybeBegun: Arguments = (random, [c], index) => [
  index % 2 === 0 ? c + randomWord(random) : randomWord(random),
];
const constant = (low: number, high: number) => (random: Random) => [random.integer(low, high)];
const twoConstants = (random: Random) => [random.integer(2, 20), random.integer(1, 60)];
const letter = (random: Random) => [random.pick(letters)];

/** The families by difficulty, level 1 first. */
export const functionFamilies: readonly (readonly FunctionFamily[])[] = [
  [
    {
      draw: constant(1, 199),
      sentences: [(k) => `add ${k} to x`, (k) => `return x plus ${k}`],
      parameters: "x",
      body: (k) => `x + ${k}`,
      args: oneNumber,
    },
    {
      draw: constant(1, 199),
      sentences: [(k) => `subtract ${k} from x`, (k) => `return x minus ${k}`],
      parameters: "x",
      body: (k) => `x - ${k}`,
      args: oneNumber,
    },
    {
      draw: constant(2, 199),
      sentences: [(k) => `multiply x by ${k}`, (k) => `return x times ${k}`],
      parameters: "x",
      body: (k) => `x * ${k}`,
      args: oneNumber,
    },
    {
      draw: constant(-20, 99),
      sentences: [(k) => `is x greater than ${k}`, (k) => `check that x is above ${k}`],
      parameters: "x",
      body: (k) => `x > ${k}`,
      args: aroundFirst,
    },
  ],
  [
    {
      draw: twoConstants,
      sentences: [(a, b) => `multiply x by ${a} and add ${b}`],
      parameters: "x",
      body: (a, b) => `x * ${a} + ${b}`,
      args: oneNumber,
    },
    {
      draw: constant(2, 99),
      sentences: [(k) => `add x and y and multiply by ${k}`],
      parameters: "x, y",
      body: (k) => `(x + y) * ${k}`,
      args: numberPair,
    },
    {
      draw: constant(1, 99),
      sentences: [(k) => `return the larger of x and ${k}`, (k) => `raise x to at least ${k}`],
      parameters: "x",
      body: (k) => `Math.max(x, ${k})`,
      args: aroundFirst,
    },
    {
      draw: letter,
      sentences: [(c) => `does s start with ${c}`, (c) => `check that s begins with ${c}`],
      parameters: "s",
      body: (c) => `s.startsWith("${c}")`,
      args: wordMaybeBegun,
    },
  ],
  [
    {
      draw: constant(-9, 60),
      sentences: [(k) => `keep the numbers above ${k}`, (k) => `drop numbers up to ${k}`],
      parameters: "a",
      body: (k) => `a.filter((n) => n > ${k})`,
      args: listAroundFirst,
    },
    {
      draw: constant(2, 99),
      sentences: [(k) => `multiply every number by ${k}`],
      parameters: "a",
      body: (k) => `a.map((n) => n * ${k})`,
      args: list,
    },
    {
      draw: constant(1, 99),
      sentences: [(k) => `sum the numbers and add ${k}`],
      parameters: "a",
      body: (k) => `a.reduce((t, n) => t + n, ${k})`,
      args: list,
    },
    {
      draw: letter,
      sentences: [(c) => `count the letter ${c} in s`],
      parameters: "s",
      body: (c) => `s.split("${c}").length - 1`,
      args: wordWithLetter,
    },
  ],
  [
    {
      draw: twoConstants,
      sentences: [(a, b) => `keep the numbers above ${a} and add ${b} to each`],
      parameters: "a",
      body: (a, b) => `a.filter((n) => n > ${a}).map((n) => n + ${b})`,
      args: listAroundFirst,
    },
    {
      draw: twoConstants,
      sentences: [(a, b) => `multiply every number by ${a} and sum them from ${b}`],
      parameters: "a",
      body: (a, b) => `a.map((n) => n * ${a}).reduce((t, n) => t + n, ${b})`,
      args: list,
    },
    {
      draw: twoConstants,
      sentences: [(a, b) => `if x is above ${a} subtract ${b} else add ${b}`],
      parameters: "x",
      body: (a, b) => `x > ${a} ? x - ${b} : x + ${b}`,
      args: aroundFirst,
    },
  ],
];
