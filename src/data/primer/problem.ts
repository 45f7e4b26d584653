import { hashText, type Random } from "../random.ts";

/** Arguments of the function `f` and what it must give back, as JSON values. */
export interface FunctionTest {
  readonly args: readonly unknown[];
  readonly expected: unknown;
}

/** One generated question with its one right answer. */
export interface Problem {
  /** 1 is the easiest. */
  readonly difficulty: number;
  readonly prompt: string;
  readonly answer: string;
  /** What is asked, however it is worded: its hash decides between training and test. */
  readonly key: string;
  /**
   * For code: draws tests; an answer is right when its function passes, whatever its text. A problem
   * whose tests would pass wrong functions gives none and is not asked.
   */
  readonly tests?: () => readonly FunctionTest[] | undefined;
}

/** A kind of generated text, with test questions that its training text never contains. */
export interface PrimerTask {
  /** A training document; endless and different with each random stream. */
  document(random: Random): string;
  /** By difficulty, 1 first: draws a question that training never contains. Empty for plain text. */
  readonly tests: readonly ((random: Random) => Problem)[];
}

/** One problem in this many is kept for the test. */
const testOneIn = 8;

/** Whether what has a key belongs to the test: decided by the key alone, so never both. */
export function isTestKey(key: string): boolean {
  return hashText(key) % testOneIn === 0;
}

/** Draws until a problem lies on the asked side of the split. */
function drawProblem(draw: () => Problem, side: "train" | "test"): Problem {
  let problem = draw();
  while (isTestKey(problem.key) !== (side === "test")) problem = draw();
  return problem;
}

/** Between a prompt and its answer: nothing after a line's end, else a space. */
export function solved({ prompt, answer }: Pick<Problem, "prompt" | "answer">): string {
  return prompt.endsWith("\n") ? prompt + answer : `${prompt} ${answer}`;
}

/** A task whose problems are drawn level by level; a document holds several, one after another. */
export function gradedTask(
  draws: readonly ((random: Random) => Omit<Problem, "difficulty">)[],
  problemsPerDocument: readonly [minimum: number, maximum: number],
): PrimerTask {
  const draw = (random: Random, difficulty: number, side: "train" | "test") =>
    drawProblem(() => ({ ...draws[difficulty - 1]!(random), difficulty }), side);
  return {
    document(random) {
      const count = random.integer(...problemsPerDocument);
      const level = random.integer(1, draws.length);
      const problems = Array.from({ length: count }, () => draw(random, level, "train"));
      return problems.map(solved).join("\n");
    },
    tests: draws.map((_, i) => (random) => draw(random, i + 1, "test")),
  };
}
