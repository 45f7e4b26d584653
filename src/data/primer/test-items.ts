import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashText, Random } from "../random.ts";
import type { Recipe } from "../recipe.ts";
import type { FunctionTest } from "./problem.ts";
import { type PrimerTaskName, primerTasks } from "./tasks.ts";

/** Draws without a new question after which a level counts as exhausted. */
const patience = 2_000;

/** One line of `tasks/<task>.jsonl`. Right: the answer, up to `stop`, or a function that passes. */
export interface TestItem {
  readonly id: string;
  readonly task: PrimerTaskName;
  /** 1 is the easiest. */
  readonly difficulty: number;
  readonly prompt: string;
  readonly answer: string;
  /** The answer ends before this text. */
  readonly stop: string;
  readonly tests?: readonly FunctionTest[];
}

/** The test questions of a task: distinct, none of them in any training document. */
export function testItems(
  task: PrimerTaskName,
  { seed, perLevel }: { readonly seed: number; readonly perLevel: number },
): TestItem[] {
  const items: TestItem[] = [];
  for (const [level, draw] of primerTasks[task].tests.entries()) {
    const difficulty = level + 1;
    const random = new Random(seed, hashText(`${task} test`), difficulty);
    const seen = new Set<string>();
    for (let misses = 0; seen.size < perLevel && misses < patience; ) {
      const { key, prompt, answer, tests } = draw(random);
      if (seen.has(key)) {
        misses++;
        continue;
      }
      seen.add(key);
      const id = `${task}-${difficulty}-${String(seen.size).padStart(4, "0")}`;
      const item = { id, task, difficulty, prompt, answer, stop: "\n" };
      items.push(tests === undefined ? item : { ...item, tests: tests() });
    }
  }
  return items;
}

/** Writes the test questions of a recipe's generated sources; gives the tasks that have some. */
export async function writeTestItems(recipe: Recipe, folder: string): Promise<PrimerTaskName[]> {
  const used = new Set(
    recipe.sources.flatMap(({ from }) => (from.kind === "primer" ? [from.task] : [])),
  );
  await mkdir(folder, { recursive: true });
  const written: PrimerTaskName[] = [];
  for (const task of used) {
    const items = testItems(task, { seed: recipe.seed, perLevel: recipe.testItems });
    if (items.length === 0) continue;
    const lines = items.map((item) => `${JSON.stringify(item)}\n`);
    await writeFile(join(folder, `${task}.jsonl`), lines.join(""));
    written.push(task);
  }
  return written;
}
