import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { type ChatServer, chatServer, type HeardChat } from "./chat-server.fixture.ts";
import { root } from "./tracked-files.ts";

let directory: string;
let server: ChatServer;
let answer: (chat: HeardChat) => string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-task-"));
  server = await chatServer((chat) => answer(chat));
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

let runs = 0;

/** Writes a file and runs it; gives what came, and the log. */
async function runFile(name: string, source: string, ...flags: string[]) {
  const log = `run-${runs++}.jsonl`;
  server.heard.length = 0;
  await writeFile(join(directory, name), source);
  const argv = ["eval", "run", name, "--log", log, "--concurrency", "1", "--no-cache", "--json"];
  const { code, stdout, stderr } = await runCli([...argv, ...server.flags, ...flags], {
    directory,
  });
  return { code, result: JSON.parse(stdout), stderr, log: join(directory, log) };
}

const lastText = ({ messages }: HeardChat) => messageText(messages.at(-1)!);

test("a task in TypeScript: solvers, own and built-in scorers, metrics, clusters", async () => {
  await writeFile(
    join(directory, "words.ts"),
    `export const capitals: Record<string, string> = { France: "Paris", Spain: "Madrid" };`,
  );
  answer = (chat) =>
    lastText(chat).includes("France") ? "It is in Europe.\n**Answer: Paris**" : "Lisbon";
  const { code, result, log } = await runFile(
    "capitals.ts",
    `import { chainOfThought, defineTask, exact, fewShot, system, type ScoreFunction } from "foretoken/evaluate";
import { capitals } from "./words.ts";

const brief: ScoreFunction = (answer, { metadata }) =>
  answer.length > 100 ? null : { value: 1 / answer.length, explanation: String(metadata?.["continent"]) };

export default defineTask({
  name: "capitals",
  samples: async () =>
    Object.entries(capitals).map(([land, ideal]) => ({
      input: \`The capital of \${land}?\`,
      ideal,
      metadata: { continent: "Europe" },
    })),
  solver: [system("Be brief."), fewShot([{ input: "Of Italy?", answer: "Answer: Rome" }]), chainOfThought()],
  scorers: { accuracy: exact, brief, contained: "includes" },
  metrics: { named: (all) => all.filter(({ sample }) => sample.metadata?.["continent"] === "Europe").length },
  cluster: "continent",
});
`,
  );
  expect([code, result.errors]).toEqual([0, 0]);
  expect(result.report).toEqual({
    ...{ accuracy: 0.5, contained: 0.5, named: 2 },
    brief: expect.closeTo((1 / 5 + 1 / 6) / 2, 12),
  });
  const { messages, ...rest } = server.heard[0]!;
  expect(rest).toEqual({ model: "stand-in", temperature: 0, max_tokens: 1024 });
  expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect(messageText(messages[3]!)).toMatch(/^The capital of France\?\n\nThink step by step/);
  const { header, records } = await readEvalLog(log);
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(header).toMatchObject({
    ...{ cluster: "continent", arguments: { file: "capitals.ts", code: sha256 } },
    scoreKinds: { accuracy: "binary", brief: "number", contained: "binary" },
  });
  expect(records[0]).toMatchObject({
    ...{ id: "capitals.0", cluster: "Europe" },
    scores: { accuracy: { value: 1, answer: "paris" }, brief: { explanation: "Europe" } },
  });
});

test("several turns, images from the file's folder, and a grader", async () => {
  const red = { create: { width: 2, height: 1, channels: 3, background: "red" } } as const;
  const png = await sharp(red).png().toBuffer();
  await writeFile(join(directory, "red.png"), png);
  answer = (chat) => {
    if (lastText(chat) === "Are you sure?") return "blue";
    return lastText(chat).startsWith("Is it right") ? "no" : "red";
  };
  const { code, result } = await runFile(
    "colour.mjs",
    `import { defineTask, image, text } from "foretoken/evaluate";

export const colour = defineTask({
  name: "colour",
  samples: [{ id: "red", input: [{ role: "user", content: [image("red.png"), text("Which colour?")] }], ideal: "red" }],
  async solver({ messages }, ask) {
    const first = await ask(messages);
    const said = { role: "assistant", content: first };
    return ask([...messages, said, { role: "user", content: "Are you sure?" }], { max_tokens: 3 });
  },
  scorer: async (answer, { ideal }, { grade }) => (await grade(\`Is it right: \${answer}, \${ideal}?\`)) === "yes",
});
`,
    ...["--max-tokens", "9", "--system", "Look."],
  );
  expect([code, result.report, server.heard.length]).toEqual([0, { score: 0 }, 3]);
  const url = `data:image/png;base64,${png.toString("base64")}`;
  expect(server.heard[0]!.messages).toEqual([
    { role: "system", content: "Look." },
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url } },
        { type: "text", text: "Which colour?" },
      ],
    },
  ]);
  expect(server.heard.map((chat) => chat["max_tokens"])).toEqual([9, 3, 9]);
});

const withScorer = (scorer: string, more = "") =>
  `import { defineTask } from "foretoken/evaluate";
export default defineTask({
  name: "t",
  samples: [{ input: "a" }, { input: "b" }],
  scorer: ${scorer},
  ${more}
});
`;

test.each([
  [
    "(answer) => { if (answer === 'b') throw new RangeError('oops'); return 1; }",
    /task\.ts: t\.1: scorer score threw RangeError: oops \(line 5\)$/,
  ],
  [
    "(answer) => (answer === 'b' ? Number.NaN : 1)",
    /t\.1: scorer score: expected a number, null .* got NaN/,
  ],
  [
    "(answer) => (answer === 'b' ? 'good' : 1)",
    /t\.1: scorer score: expected a number, .* got "good"/,
  ],
  [
    "{ kind: 'binary', score: (answer) => (answer === 'b' ? 0.5 : 1) }",
    /its kind is binary, but it gave 0\.5/,
  ],
  [
    "{ kind: 'share', score: (answer) => (answer === 'b' ? 5 : 1) }",
    /its kind is share, but it gave 5/,
  ],
])("a scorer's fault fails its sample alone: %s", async (scorer, message) => {
  answer = lastText;
  const { code, result, log } = await runFile("task.ts", withScorer(scorer));
  expect([code, result.errors, result.scores[0].n]).toEqual([0, 1, 1]);
  const { records } = await readEvalLog(log);
  expect(records.map(({ error }) => error)).toEqual([undefined, expect.stringMatching(message)]);
});

test("null is unscored; solvers' faults and missing ideals fail their samples", async () => {
  answer = lastText;
  const unscored = await runFile("task.ts", withScorer("(answer) => (answer === 'b' ? null : 1)"));
  expect(unscored.result).toMatchObject({ errors: 0, scores: [{ n: 1, unscored: 1 }] });
  const failed = await runFile("task.ts", withScorer("() => 1", "solver: () => 5,"));
  expect([failed.code, failed.stderr]).toEqual([
    1,
    expect.stringMatching(/t\.0: solver solver: expected a text, or \{ messages, answer \}, got 5/),
  ]);
  const bare = await runFile("task.ts", withScorer('"exact"'));
  expect([bare.stderr, server.heard.length]).toEqual([
    expect.stringMatching(/t\.0: expected ideal, the right answer/),
    0,
  ]);
  const asked = await runFile("task.ts", withScorer("() => 1", "solver: (_, ask) => ask([5]),"));
  expect(asked.stderr).toMatch(/t\.0: ask: expected a text, or messages with a role .* got \[5\]/);
});

test.each([
  [
    "const task = {",
    /task\.ts: cannot be loaded: Error: ParseError: Unexpected token .*task\.ts:1:14$/,
  ],
  ["throw new Error('at the top');", /task\.ts: cannot be loaded: Error: at the top \(line 1\)$/],
  ['import "nowhere-to-be-found";', /task\.ts: cannot be loaded: .*nowhere-to-be-found/],
  [
    "export const answer = 42;",
    /task\.ts: expected an export of what defineTask gives.*exports answer/,
  ],
  [withScorer('"exakt"'), /cannot be loaded: ConfigError: defineTask: .*exact, includes/],
  [withScorer("() => 1", "epoch: 3,"), /defineTask: .*epoch/],
  [withScorer("() => 1", "samples: [{ inputs: 'a' }],"), /t: sample 0: input: expected a text/],
  [
    withScorer("() => 1", "samples: [{ id: 1, input: 'a' }, { id: 1, input: 'b' }],"),
    /two of the id "1"/,
  ],
  [withScorer("() => 1", "samples: [],"), /expected a list of samples, got \[\]/],
  [withScorer("() => 1", "cluster: 'book',"), /expected metadata\.book, the cluster/],
])("a file that cannot be run is refused: %s", async (source, message) => {
  const { code, result } = await runFile("task.ts", source);
  expect([code, result.error.message]).toEqual([2, expect.stringMatching(message)]);
});

test("a metric's fault is told after the answers are kept, and a changed file is another run", async () => {
  answer = lastText;
  const bad = await runFile(
    "task.ts",
    withScorer("() => 1", "metrics: { m: () => { throw 'no'; } },"),
  );
  expect([bad.code, bad.result.error.message]).toEqual([
    1,
    expect.stringMatching(/metric m threw no; the answers are kept in .*, see eval show$/),
  ]);
  expect((await readEvalLog(bad.log)).records).toHaveLength(2);
  const other = await runFile("task.ts", withScorer("() => 1"), "--log", bad.log);
  expect([other.code, other.result.error.message]).toEqual([
    2,
    expect.stringContaining("the log is of another run: its arguments."),
  ]);
});

test("CommonJS, and several tasks of one file", async () => {
  answer = lastText;
  const task = (name: string) =>
    `defineTask({ name: "${name}", samples: [{ input: "a" }], scorer: () => 1 })`;
  const required = `const { defineTask } = require("foretoken/evaluate");\n`;
  const single = await runFile("one.cjs", `${required}module.exports = ${task("one")};`);
  expect(single.result).toMatchObject({ task: "one", report: { score: 1 } });
  await writeFile(
    join(directory, "two.mts"),
    `import { defineTask } from "foretoken/evaluate";\nexport const [a, b] = [${task("a")}, ${task("b")}];`,
  );
  const argv = ["eval", "run", "two.mts", ...server.flags, "--json"];
  const { stdout } = await runCli(argv, { directory });
  expect(JSON.parse(stdout).runs).toMatchObject([{ task: "a" }, { task: "b" }]);
});

test("epochs of the task hold unless the user says otherwise", async () => {
  answer = lastText;
  const { result } = await runFile("task.ts", withScorer("() => 1", "epochs: 3,"));
  expect([result.samples, result.reached]).toEqual([2, 6]);
  const once = await runFile("task.ts", withScorer("() => 1", "epochs: 3,"), "--epochs", "1");
  expect(once.result.reached).toBe(2);
});

test("the built package runs such files too", { timeout: 300_000 }, async () => {
  const dist = join(directory, "package", "dist");
  const run = promisify(execFile);
  await mkdir(dist, { recursive: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const config = join(root, "tsconfig.build.json");
  await run(process.execPath, [tsc, "-p", config, "--outDir", dist], { cwd: root });
  for (const name of ["package.json", "bin"]) {
    await cp(join(root, name), join(directory, "package", name), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(directory, "package", "node_modules"));
  const elsewhere = join(directory, "elsewhere");
  await mkdir(elsewhere);
  await writeFile(
    join(elsewhere, "task.ts"),
    withScorer("(answer: string): number => answer.length"),
  );
  answer = lastText;
  const bin = join(directory, "package", "bin", "foretoken.js");
  const argv = [bin, "eval", "run", "task.ts", ...server.flags, "--json"];
  const { stdout } = await run(process.execPath, argv, { cwd: elsewhere });
  expect(JSON.parse(stdout).report).toEqual({ score: 1 });
  const failing = withScorer("(answer: string) => {\n\n  throw new Error(answer);\n  }");
  await writeFile(join(elsewhere, "task.ts"), failing);
  const failed = await run(process.execPath, argv.slice(0, -1), { cwd: elsewhere }).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(failed.stdout).toMatch(/2 samples failed, the first: .*threw Error: a \(line 7\)/);
});

test("scorers of ours are told how to compare, BLEU is of all answers together", async () => {
  answer = () => "the cat sat on the mat at about 98";
  const { result } = await runFile(
    "told.ts",
    `import { defineTask, scorer } from "foretoken/evaluate";
const ideal = "the cat sat on the mat at about 100";
export default defineTask({
  name: "told",
  samples: [{ input: "a", ideal }, { input: "b", ideal }],
  scorers: { near: scorer("numeric", { tolerance: 0.05 }), far: "numeric", bleu: "bleu", ter: "ter" },
});
`,
  );
  // 8 of 9 words, 7 of 8 pairs, 6 of 7, 5 of 6; the length is right
  const bleu = expect.closeTo(100 * (5 / 9) ** 0.25, 6);
  const ter = expect.closeTo(100 / 9, 9);
  expect(result.report).toEqual({
    ...{ near: 1, far: 0, bleu, ter },
    ...{ corpus_bleu: bleu, corpus_ter: ter },
  });
});
