import { isDeepStrictEqual } from "node:util";
import { Script } from "node:vm";
import { phrase } from "../../data/primer/drawings/shape-words.ts";
import { judgePoem, type PoemSubject } from "../../data/primer/drawings/verses.ts";
import type { TestItem } from "../../data/primer/test-items.ts";
import { DataError, ModelError } from "../../errors.ts";
import { runJavaScript } from "../../sandbox/javascript.ts";
import { type Interval, wilsonInterval } from "../../statistics/intervals.ts";
import { groupBy } from "../group-by.ts";

/** What is asked, and who answers. */
export interface TaskEvaluation {
  readonly items: readonly TestItem[];
  /** The new text after each question's prompt, in the order of the questions. */
  readonly complete: (
    questions: readonly Pick<TestItem, "prompt" | "image">[],
    options: { readonly maxTokens: number; readonly stop: string },
  ) => Promise<readonly string[]>;
  /** Of an answer; a poem may be longer. */
  readonly maxTokens: number;
}

/** One question, what came, and whether it was right. */
export interface TaskSample {
  readonly id: string;
  readonly task: string;
  readonly difficulty: number;
  readonly prompt: string;
  readonly expected: string;
  /** The completion up to the item's `stop`, without surrounding blanks. */
  readonly answer: string;
  readonly correct: boolean;
  /** Why a wrong answer is wrong; empty for a right one. */
  readonly explanation: string;
}

/** How often a task was solved. */
export interface TaskScore {
  readonly task: string;
  /** One level, or all of them together. */
  readonly difficulty: number | "all";
  readonly n: number;
  readonly correct: number;
  /** In [0, 1]. */
  readonly accuracy: number;
  /** Wilson's 95 % interval of the accuracy. */
  readonly interval: Interval;
}

/** Scores by task and difficulty, each task's total after its levels, and what they were made from. */
export interface TaskResults {
  readonly scores: readonly TaskScore[];
  readonly samples: readonly TaskSample[];
}

/** Four lines take up to 80, and the context of the laptop's models holds 128 with the image. */
export const poemTokens = 96;

/** A right answer takes a few milliseconds. */
const functionLimits = { timeoutMs: 1_000, memoryBytes: 32 * 2 ** 20 };

/**
 * Asks a model the primer's test questions and scores its answers: by the exact text up to the
 * item's `stop`; where an item has tests, by running the answer as a JavaScript function `f` in the
 * sandbox, whatever its wording; a poem by its picture, its words and its rhymes.
 *
 * @throws {DataError} when there is no item
 * @throws {ModelError} when the model gives another number of completions than it got prompts
 */
export async function evaluateTasks(evaluation: TaskEvaluation): Promise<TaskResults> {
  const { items } = evaluation;
  if (items.length === 0) {
    throw new DataError("evaluate tasks: expected at least one test item, got none");
  }
  const samples: TaskSample[] = [];
  for (const [stop, group] of groupBy(items, (item) => item.stop)) {
    const completions = await completionsOf(evaluation, stop, group);
    for (const [i, item] of group.entries()) samples.push(await scoreAnswer(item, completions[i]!));
  }
  return { samples, scores: taskScores(samples) };
}

async function completionsOf(
  { complete, maxTokens }: TaskEvaluation,
  stop: string,
  items: readonly TestItem[],
): Promise<readonly string[]> {
  const isShort = items.every(({ poem }) => poem === undefined);
  const completions = await complete(items, { maxTokens: isShort ? maxTokens : poemTokens, stop });
  if (completions.length !== items.length) {
    throw new ModelError(
      `evaluate tasks: expected ${items.length} completions, got ${completions.length}`,
    );
  }
  return completions;
}

/** Scores one completion of a question. */
export async function scoreAnswer(item: TestItem, completion: string): Promise<TaskSample> {
  const { id, task, difficulty, prompt } = item;
  const answer = completion.split(item.stop, 1)[0]!.trim();
  const explanation = await whyWrong(item, answer);
  const correct = explanation === "";
  return { id, task, difficulty, prompt, expected: item.answer, answer, correct, explanation };
}

/** Empty for a right answer. */
async function whyWrong({ answer: expected, tests, poem }: TestItem, answer: string) {
  if (tests !== undefined) return wrongFunction(answer, tests);
  return poem === undefined ? wrongText(answer, expected) : wrongPoem(answer, poem);
}

function wrongPoem(text: string, subject: PoemSubject): string {
  const verdict = judgePoem(subject, text);
  const faults = [
    verdict.namesPicture ? [] : [`expected it to be about ${phrase({ ...subject, count: 1 })}`],
    verdict.usesWords ? [] : [`expected the words ${subject.words.join(" and ")}`],
    verdict.rhymes ? [] : ["expected four lines that rhyme in pairs"],
  ];
  return faults.flat().join("; ");
}

function wrongText(answer: string, expected: string): string {
  return answer === expected.trim() ? "" : `expected ${JSON.stringify(expected.trim())}`;
}

async function wrongFunction(code: string, tests: NonNullable<TestItem["tests"]>): Promise<string> {
  const calls = JSON.stringify(tests.map(({ args }) => args));
  // Only arguments go in: what is expected stays out of the program's reach.
  const program = `${code}\n;${calls}.map((args) => f(...args));`;
  const fault = syntaxError(program);
  if (fault !== undefined) return fault;
  const { value, error } = await runJavaScript({ code: program, ...functionLimits });
  if (error !== undefined) return error;
  const got = Array.isArray(value) ? (value as unknown[]) : [];
  const failed = tests.findIndex(
    ({ expected }, i) => !isDeepStrictEqual(got[i] ?? null, expected ?? null),
  );
  if (failed === -1) return "";
  const { args, expected } = tests[failed]!;
  const call = `f(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  return `${call}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got[failed])}`;
}

/** What is wrong with a program's syntax: it is read and not run, which spares an interpreter. */
function syntaxError(program: string): string | undefined {
  try {
    new Script(program);
    return undefined;
  } catch (error) {
    return `SyntaxError: ${(error as Error).message}`;
  }
}

/** How often each task was solved, its levels first. */
export function taskScores(samples: readonly TaskSample[]): TaskScore[] {
  return [...groupBy(samples, ({ task }) => task)].flatMap(([task, ofTask]) => {
    const levels = [...groupBy(ofTask, ({ difficulty }) => difficulty)].sort(([a], [b]) => a - b);
    return [...levels, ["all", ofTask] as const].map(([difficulty, group]) => {
      const n = group.length;
      const correct = group.filter((sample) => sample.correct).length;
      const interval = wilsonInterval(correct, n);
      return { task, difficulty, n, correct, accuracy: correct / n, interval };
    });
  });
}
