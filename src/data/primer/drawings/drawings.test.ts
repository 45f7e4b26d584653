import sharp from "sharp";
import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { answers, type GradedDrawing } from "./answer-drawing.fixture.ts";
import type { DrawnProblem, DrawnScene } from "./drawing-task.ts";
import { type DrawingTaskName, drawingTasks } from "./drawing-tasks.ts";
import { readShapes } from "./read-drawing.fixture.ts";

const names = (Object.keys(drawingTasks) as DrawingTaskName[]).filter(
  (name): name is GradedDrawing => name !== "verses",
);
const levels = names.flatMap((name) =>
  drawingTasks[name].tests.map((_, i) => [name, i + 1] as const),
);

function scenes(name: DrawingTaskName, seed: number, count: number): DrawnScene[] {
  return Array.from({ length: count }, (_, i) => drawingTasks[name].scene(new Random(seed, i)));
}

function testProblems(name: DrawingTaskName, difficulty: number, count: number): DrawnProblem[] {
  const draw = drawingTasks[name].tests[difficulty - 1]!;
  return Array.from({ length: count }, (_, i) => draw(new Random(99, difficulty, i)));
}

async function pixels(svg: string): Promise<{ data: Buffer; width: number; height: number }> {
  const image = sharp(Buffer.from(svg)).removeAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** What a question is about: its key without the question. */
function contentOf({ key }: Pick<DrawnProblem, "key">): string {
  return key.slice(0, key.lastIndexOf(": "));
}

/** Pixels that a person calls red. */
function redPixels(data: Buffer): number {
  let count = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i]! > 150 && data[i + 1]! < 90 && data[i + 2]! < 90) count++;
  }
  return count;
}

test.each(names)("%s: the seed decides, drawings differ", (name) => {
  expect(scenes(name, 1, 30)).toEqual(scenes(name, 1, 30));
  const drawn = scenes(name, 1, 500).concat(scenes(name, 2, 500));
  expect(new Set(drawn.map(({ svg }) => svg)).size).toBe(1000);
  expect(testProblems(name, 1, 30)).toEqual(testProblems(name, 1, 30));
});

test.each(names)("%s: four levels at least, one to three questions, short answers", (name) => {
  expect(drawingTasks[name].tests.length).toBeGreaterThanOrEqual(4);
  const difficulties = new Set<number>();
  for (const { problems } of scenes(name, 3, 300)) {
    expect([1, 2, 3]).toContain(problems.length);
    expect(new Set(problems.map(({ key }) => key)).size).toBe(problems.length);
    for (const { prompt, answer, difficulty } of problems) {
      expect(prompt).toMatch(/^[A-Z][\w ]+\?$/);
      expect(answer).toMatch(/^\w+$/);
      difficulties.add(difficulty);
    }
  }
  expect(difficulties.size).toBe(drawingTasks[name].tests.length);
});

test.each(names)("%s: training never shows the content of a test image", (name) => {
  const trained = new Set<string>();
  for (const { problems } of scenes(name, 1, 3000)) {
    for (const problem of problems) trained.add(contentOf(problem));
  }
  let looked = 0;
  for (const [i] of drawingTasks[name].tests.entries()) {
    for (const problem of testProblems(name, i + 1, 400)) {
      looked++;
      if (trained.has(contentOf(problem))) expect.unreachable(`${problem.key} is in training`);
    }
  }
  expect(trained.size).toBeGreaterThan(500);
  expect(looked).toBeGreaterThanOrEqual(1600);
});

test("no training image holds the shapes of a counted test image", () => {
  const held = (svg: string) =>
    readShapes(svg)
      .map(({ colour, shape }) => `${colour} ${shape}`)
      .toSorted()
      .join(", ");
  const trained = new Set(scenes("shapes", 9, 3000).map(({ svg }) => held(svg)));
  for (const difficulty of [2, 4, 5]) {
    const tested = testProblems("shapes", difficulty, 200).map(({ svg }) => held(svg));
    expect(tested.filter((shapes) => trained.has(shapes))).toEqual([]);
  }
  expect(trained.size).toBeGreaterThan(1000);
});

test.each(levels)("%s %i: answers agree with the drawing read back", (name, difficulty) => {
  for (const { svg, prompt, answer, key } of testProblems(name, difficulty, 300)) {
    expect([key, svg, answer]).toEqual([key, svg, answers[name](svg, prompt)]);
  }
});

test.each(names)("%s: answers of training agree with the drawing read back", (name) => {
  for (const { svg, problems } of scenes(name, 4, 400)) {
    for (const { prompt, answer } of problems) {
      expect([prompt, svg, answer]).toEqual([prompt, svg, answers[name](svg, prompt)]);
    }
  }
});

test.each(levels)("%s %i: who sees no image answers 55 % at most", async (name, difficulty) => {
  const frequencies = (problems: readonly Pick<DrawnProblem, "answer">[]) => {
    const counts = new Map<string, number>();
    for (const { answer } of problems) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    return [...counts].toSorted((a, b) => b[1] - a[1]);
  };
  const trained = scenes(name, 5, 3000)
    .flatMap(({ problems }) => problems)
    .filter((problem) => problem.difficulty === difficulty);
  const tested = testProblems(name, difficulty, 600);
  const chance = frequencies(tested)[0]![1] / tested.length;
  const byPrompt = new Map<string, typeof trained>();
  for (const problem of trained) {
    byPrompt.set(problem.prompt, [...(byPrompt.get(problem.prompt) ?? []), problem]);
  }
  const best = (prompt: string) => frequencies(byPrompt.get(prompt) ?? trained)[0]![0];
  const blind =
    tested.filter(({ prompt, answer }) => best(prompt) === answer).length / tested.length;
  const keys = new Set(tested.map(({ key }) => key)).size;
  process.stdout.write(
    `${name} ${difficulty}: chance ${chance.toFixed(2)}, best guess by question ${blind.toFixed(2)}, ${keys} distinct of ${tested.length}\n`,
  );
  expect(chance).toBeLessThanOrEqual(0.55);
  expect(blind).toBeLessThanOrEqual(0.55);
});

test.each(names)(
  "%s: every drawing renders, each to other pixels, sides multiples of 32",
  async (name) => {
    const rendered = new Set<string>();
    for (const { svg } of scenes(name, 6, 40)) {
      const { data, width, height } = await pixels(svg);
      expect([width % 32, height % 32]).toEqual([0, 0]);
      expect(new Set(data).size).toBeGreaterThan(3);
      rendered.add(data.toString("base64"));
      expect(svg).not.toMatch(/<text|font|href|NaN|undefined/);
    }
    expect(rendered.size).toBe(40);
  },
);

test("yes is as often right as no", () => {
  for (const [name, difficulty] of [
    ["shapes", 3],
    ["shapes", 5],
    ["diagrams", 2],
  ] as const) {
    const given = testProblems(name, difficulty, 2000).map(({ answer }) => answer);
    const [yes = 0, no = 0] = ["yes", "no"].map(
      (word) => given.filter((one) => one === word).length,
    );
    expect(yes + no).toBeGreaterThan(400);
    // Four standard deviations of a fair coin.
    expect(Math.abs(yes - no)).toBeLessThan(4 * Math.sqrt(yes + no));
  }
});

test("a big red circle has about as many red pixels as its area, a blue one none", async () => {
  const drawn = scenes("shapes", 7, 6000);
  for (const [colour, minimum, maximum] of [
    ["red", 800, 1500],
    ["blue", 0, 0],
  ] as const) {
    const found = drawn.filter(({ caption }) => caption.startsWith(`a big ${colour} circle`));
    expect(found.length).toBeGreaterThan(2);
    for (const { svg } of found) {
      const count = redPixels((await pixels(svg)).data);
      expect(count).toBeGreaterThanOrEqual(minimum);
      expect(count).toBeLessThanOrEqual(maximum);
    }
  }
});

test("captions of shapes name what the drawing holds", () => {
  const words = ["no", "a", "two", "three", "four", "five", "six"];
  let looked = 0;
  for (const { svg, caption } of scenes("shapes", 8, 600)) {
    const counts = new Map<string, number>();
    for (const { colour, shape } of readShapes(svg)) {
      const name = `${colour} ${shape}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const [name, count] of counts) {
      looked++;
      const plural =
        count === 1 ? name : name.replace(/(cross)?$/, (end) => (end ? "crosses" : "s"));
      const article = count === 1 ? "(an?|a big|a small)" : words[count];
      expect(caption).toMatch(new RegExp(`(^|, |and |of |above |below )${article} ${plural}\\b`));
    }
  }
  expect(looked).toBeGreaterThan(600);
});
