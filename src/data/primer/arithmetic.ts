import type { Random } from "../random.ts";
import { gradedTask, type Problem } from "./problem.ts";

type Drawn = Omit<Problem, "difficulty">;

/** `prompt = answer`, such as `12 + 7 = 19`. */
function equation(expression: string, answer: number, key = expression): Drawn {
  return { key, prompt: `${expression} =`, answer: String(answer) };
}

/** `7 * 5` counts as the same problem as `5 * 7`. */
function commuting(a: number, operator: "+" | "*", b: number): Drawn {
  const key = `${Math.min(a, b)} ${operator} ${Math.max(a, b)}`;
  return equation(`${a} ${operator} ${b}`, operator === "+" ? a + b : a * b, key);
}

/** Sum or difference; the difference is never negative. */
function sumOrDifference(random: Random, a: number, b: number): Drawn {
  if (random.next() < 0.5) return commuting(a, "+", b);
  const [larger, smaller] = a >= b ? [a, b] : [b, a];
  return equation(`${larger} - ${smaller}`, larger - smaller);
}

const levels: readonly ((random: Random) => Drawn)[] = [
  (random) => sumOrDifference(random, random.integer(0, 99), random.integer(0, 9)),
  (random) => sumOrDifference(random, random.integer(10, 99), random.integer(10, 99)),
  (random) => {
    const [a, b] = [random.integer(2, 9), random.integer(2, 99)];
    return commuting(a, "*", b);
  },
  (random) => sumOrDifference(random, random.integer(100, 999), random.integer(100, 999)),
  (random) => {
    const [a, b, c] = [random.integer(2, 9), random.integer(2, 9), random.integer(1, 99)];
    return equation(`${c} + ${a} * ${b}`, c + a * b);
  },
  (random) => {
    const [a, b, c] = [random.integer(10, 99), random.integer(10, 99), random.integer(2, 9)];
    return equation(`(${a} + ${b}) * ${c}`, (a + b) * c);
  },
  (random) => {
    const [a, b] = [random.integer(11, 99), random.integer(11, 99)];
    return commuting(a, "*", b);
  },
];

/**
 * Graded arithmetic: sums and differences with one, two and three digits, products, two steps.
 * `12 + 7 = 19`, one to a line.
 */
export const arithmetic = gradedTask(levels, [4, 16]);
