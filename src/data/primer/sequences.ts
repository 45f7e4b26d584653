import type { Random } from "../random.ts";
import { gradedTask, type Problem } from "./problem.ts";

type Drawn = Omit<Problem, "difficulty">;

const letters = "abcdefghijklmnopqrstuvwxyz".split("");

function distinctLetters(random: Random, minimum: number, maximum: number): string[] {
  return random.shuffle(letters).slice(0, random.integer(minimum, maximum));
}

function numbers(random: Random, count: number, maximum: number): number[] {
  return Array.from({ length: count }, () => random.integer(0, maximum));
}

/** `verb items = answer`, such as `reverse b d a = a d b`. */
function operation(verb: string, items: readonly unknown[], answer: readonly unknown[]): Drawn {
  const question = `${verb} ${items.join(" ")}`;
  return { key: question, prompt: `${question} =`, answer: answer.join(" ") };
}

const levels: readonly ((random: Random) => Drawn)[] = [
  (random) => {
    const items = distinctLetters(random, 3, 5);
    return operation("copy", items, items);
  },
  (random) => {
    const items = distinctLetters(random, 3, 6);
    return random.next() < 0.5
      ? operation("first", items, items.slice(0, 1))
      : operation("last", items, items.slice(-1));
  },
  (random) => {
    const items = numbers(random, random.integer(2, 4), 99);
    return random.next() < 0.5
      ? operation("max", items, [Math.max(...items)])
      : operation("min", items, [Math.min(...items)]);
  },
  (random) => {
    const [start, step] = [random.integer(0, 60), random.integer(1, 9)];
    const items = Array.from({ length: 4 }, (_, i) => start + i * step);
    return operation("next", items, [start + 4 * step]);
  },
  (random) => {
    const items = distinctLetters(random, 3, 6);
    return operation("reverse", items, items.toReversed());
  },
  (random) => {
    const items = numbers(random, random.integer(3, 6), 9);
    return operation(
      "sort",
      items,
      items.toSorted((a, b) => a - b),
    );
  },
];

/** Operations on short rows of letters and numbers: copy, first and last, max, next, reverse, sort. */
export const sequences = gradedTask(levels, [4, 12]);
