import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mapAhead } from "../../workspace/map-ahead.ts";
import { hashText, Random } from "../random.ts";
import type { Recipe, RecipeSource } from "../recipe.ts";
import { type ImageSink, imagesAhead } from "../sources/source.ts";
import { type DrawingTaskName, drawingTasks } from "./drawings/drawing-tasks.ts";
import { drawnPrompt } from "./drawings/drawn-document.ts";
import type { PoemSubject } from "./drawings/verses.ts";
import type { FunctionTest, Problem } from "./problem.ts";
import { type PrimerTaskName, primerTasks } from "./tasks.ts";

/** Draws without a new question after which a level counts as exhausted. */
const patience = 2_000;

/**
 * One line of `tasks/<task>.jsonl`. Right: the answer, up to `stop`, a function that passes, or a
 * poem that fulfils what it is about.
 */
export interface TestItem {
  readonly id: string;
  readonly task: PrimerTaskName | DrawingTaskName;
  /** 1 is the easiest. */
  readonly difficulty: number;
  readonly prompt: string;
  readonly answer: string;
  /** The answer ends before this text. */
  readonly stop: string;
  readonly tests?: readonly FunctionTest[];
  readonly poem?: PoemSubject;
  /** Number in the data set's image store; the prompt has one mark then. */
  readonly image?: number;
}

/** What decides a task's test questions. */
interface TestChoice {
  readonly seed: number;
  /** Questions of each level; fewer where a level has no more. */
  readonly perLevel: number;
}

/** The test questions of a task: distinct, none of them in any training document. */
export function testItems(task: PrimerTaskName, choice: TestChoice): TestItem[] {
  return drawTests(task, primerTasks[task].tests, choice).map(({ problem, ...place }) => {
    const { prompt, answer, tests } = problem;
    const item = { ...place, task, prompt, answer, stop: "\n" };
    return tests === undefined ? item : { ...item, tests };
  });
}

/** The test questions of drawings, whose images go into the store. */
async function drawnTestItems(
  task: DrawingTaskName,
  choice: TestChoice,
  images: ImageSink,
): Promise<TestItem[]> {
  const items: TestItem[] = [];
  const drawn = drawTests(task, drawingTasks[task].tests, choice);
  const prepared = mapAhead(drawn, imagesAhead, async ({ problem, ...place }) => {
    const svg = Buffer.from(problem.svg);
    return { problem, place, image: await images.prepare(svg, place.id, { isGenerated: true }) };
  });
  for await (const { problem, place, image: picture } of prepared) {
    const { number: image } = await images.add(picture);
    const { answer, poem } = problem;
    const asked = poem === undefined ? { stop: "\n" } : { stop: "\n\n", poem };
    items.push({ ...place, task, prompt: drawnPrompt(problem), answer, ...asked, image });
  }
  return items;
}

/** A question with its function tests drawn. */
type Drawn<P> = Omit<P, "tests"> & { readonly tests?: readonly FunctionTest[] };

/** Distinct questions of every level. */
function drawTests<P extends { readonly key: string; readonly tests?: Problem["tests"] }>(
  task: string,
  levels: readonly ((random: Random) => P)[],
  { seed, perLevel }: TestChoice,
) {
  return levels.flatMap((draw, level) => {
    const difficulty = level + 1;
    const random = new Random(seed, hashText(`${task} test`), difficulty);
    const drawn = new Map<string, { id: string; difficulty: number; problem: Drawn<P> }>();
    for (let misses = 0; drawn.size < perLevel && misses < patience; ) {
      const { tests: drawTests, ...problem } = draw(random);
      const tests = drawn.has(problem.key) ? undefined : drawTests?.();
      if (drawn.has(problem.key) || (drawTests !== undefined && tests === undefined)) {
        misses++;
        continue;
      }
      const id = `${task}-${difficulty}-${String(drawn.size + 1).padStart(4, "0")}`;
      const question = tests === undefined ? problem : { ...problem, tests };
      drawn.set(problem.key, { id, difficulty, problem: question });
    }
    return [...drawn.values()];
  });
}

/** Writes the test questions of a recipe's generated sources; gives the tasks that have some. */
export async function writeTestItems(
  recipe: Recipe,
  folder: string,
  images: ImageSink,
): Promise<string[]> {
  const choice = { seed: recipe.seed, perLevel: recipe.testItems };
  const itemsOf = async ({ from }: RecipeSource): Promise<TestItem[]> => {
    if (from.kind === "primer") return testItems(from.task, choice);
    return from.kind === "drawing" ? drawnTestItems(from.task, choice, images) : [];
  };
  await mkdir(folder, { recursive: true });
  const written = new Set<string>();
  for (const source of recipe.sources) {
    const items = await itemsOf(source);
    const task = items[0]?.task;
    if (task === undefined || written.has(task)) continue;
    const lines = items.map((item) => `${JSON.stringify(item)}\n`);
    await writeFile(join(folder, `${task}.jsonl`), lines.join(""));
    written.add(task);
  }
  return [...written];
}

/** The test questions of a built data set, all tasks together. */
export async function readTestItems(dataset: {
  readonly folder: string;
  readonly manifest: { readonly tasks: readonly string[] };
}): Promise<TestItem[]> {
  const items: TestItem[] = [];
  for (const task of dataset.manifest.tasks) {
    const text = await readFile(join(dataset.folder, "tasks", `${task}.jsonl`), "utf8");
    for (const line of text.trim().split("\n")) items.push(JSON.parse(line) as TestItem);
  }
  return items;
}
