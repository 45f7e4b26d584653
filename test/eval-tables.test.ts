import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { type ChatServer, chatServer, type HeardChat } from "./chat-server.fixture.ts";

let directory: string;
let server: ChatServer;
/** The model's name says who answers. */
let answer: (chat: HeardChat, text: string) => string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-eval-tables-"));
  server = await chatServer((chat) => answer(chat, messageText(chat.messages.at(-1)!)));
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

let runs = 0;
async function evalRun(...argv: string[]) {
  server.heard.length = 0;
  const place = ["--base-url", server.url, "--no-cache"];
  const log = ["--log", `run-${runs++}.jsonl`];
  return runCli(["eval", "run", ...argv, ...place, ...log], { directory });
}

const model = ["--model", "openai:policy"];

test("BLEU of a file is the corpus's with its interval, and a gate holds it", async () => {
  const lines = ["the cat sat on the mat", "a dog barks at night in town", "it rains all day long"];
  await writeFile(
    join(directory, "german.csv"),
    `input,ideal\n${lines.map((line, i) => `satz ${i},${line}`).join("\n")}\n`,
  );
  answer = (_, text) => lines[Number(text.at(-1))]!;
  const run = await evalRun(
    "german.csv",
    ...model,
    "--scorer",
    "bleu",
    "--gate",
    "bleu>=99",
    "--json",
  );
  const { report, scores, gates } = JSON.parse(run.stdout);
  expect(report.bleu).toBeCloseTo(100, 9);
  expect(scores.map(({ name, n }: { name: string; n: number }) => [name, n])).toEqual([
    ...[
      ["sentence_bleu", 3],
      ["bleu", 3],
    ],
  ]);
  expect([run.code, gates[0].verdict]).toEqual([0, "PASS"]);
});

test("a file's answers are graded by another model, and the judge is tested on labels", async () => {
  await writeFile(
    join(directory, "asked.csv"),
    "input,ideal,said,human\n2 + 2?,4,four,yes\n3 + 3?,6,seven,no\n5 + 5?,10,ten,yes\n",
  );
  answer = ({ model: by }, text) => {
    if (by === "policy") return "I say four";
    if (text.includes("5 + 5")) return "Hm.";
    return text.includes("four") ? "Same number.\nVERDICT: YES" : "VERDICT: NO";
  };
  const graded = ["--scorer", "graded", "--grader", "openai:judge"];
  const run = await evalRun("asked.csv", ...model, ...graded, "--json");
  expect(JSON.parse(run.stdout).report).toEqual({ accuracy: 1, judge_invalid: 1 / 3 });
  expect(server.heard.map((one) => one.model).sort()).toEqual([
    ...["judge", "judge", "judge", "policy", "policy", "policy"],
  ]);

  const there = ["--answers", "said", "--labels", "human", "--votes", "3"];
  const alone = ["--model", "openai:judge", "--scorer", "graded"];
  const tested = await evalRun("asked.csv", ...alone, ...there, "--gate", "kappa>=0.5");
  expect(server.heard).toHaveLength(9);
  expect(
    server.heard.every(({ model: by, temperature }) => by === "judge" && temperature === 1),
  ).toBe(true);
  expect(tested.stdout).toMatch(/agreement +2 +1\.0000 .* 1\n/);
  expect(tested.stdout).toMatch(/kappa +2 +1\.0000 +1\n/);
  expect([tested.code, tested.stdout]).toEqual([3, expect.stringContaining("INCONCLUSIVE: kappa")]);
});

test("two models are compared by a third one with a rubric of one's own", async () => {
  await writeFile(join(directory, "tasks.csv"), "input\nshort\nlong\n");
  await writeFile(join(directory, "own.txt"), "{input}\n1. {first}\n2. {second}\n");
  answer = ({ model: by }, text) => {
    if (by !== "judge") return by;
    const isShort = text.startsWith("short");
    return isShort ? `VERDICT: ${text.includes("1. a") ? "FIRST" : "SECOND"}` : "VERDICT: FIRST";
  };
  const models = ["--model", "openai:a", "--model", "openai:b", "--grader", "openai:judge"];
  const how = ["--scorer", "pairwise", "--rubric", "own.txt"];
  const run = await evalRun("tasks.csv", ...models, ...how, "--json");
  expect(JSON.parse(run.stdout).report).toMatchObject({
    ...{ win_rate: 0.75, wins: 1, losses: 0, ties: 1, position_followed: 0.5, followed_first: 1 },
  });
});

test("code and JSON are judged by running and by a schema, with flags of their own", async () => {
  await writeFile(
    join(directory, "code.jsonl"),
    `${JSON.stringify({ input: "double", ideal: "assert.equal(f(2), 4)", head: "const g = 2;\n" })}\n`,
  );
  answer = () => "```js\nconst f = (x) => g * x;\n```";
  const code = ["--scorer", "javascript", "--prefix", "head", "--code-timeout", "1"];
  const run = await evalRun("code.jsonl", ...model, ...code, "--json");
  expect(JSON.parse(run.stdout).report).toEqual({ accuracy: 1 });

  await writeFile(join(directory, "schema.json"), '{"type": "object", "required": ["a"]}');
  await writeFile(join(directory, "plain.csv"), "input\nx\n");
  answer = () => '{"b": 1}';
  const schema = ["--scorer", "json-schema", "--schema", "schema.json"];
  const json = await evalRun("plain.csv", ...model, ...schema, "--json");
  expect(JSON.parse(json.stdout).report).toEqual({ accuracy: 0 });
}, 60_000);

test.each([
  [["--scorer", "exact", "--votes", "3"], "--votes has no effect with --scorer exact"],
  [
    ["--grader", "openai:judge"],
    "asked of one --model, without --grader; got openai:policy and the",
  ],
  [["--scorer", "pairwise"], "and --grader judges; got openai:policy and no --grader"],
  [["--scorer", "graded", "--rubric", "none"], "expected correct, criteria or a file"],
  [["--scorer", "graded", "--answers", "said", "--grader", "openai:j"], "one --model is the judge"],
  [["--scorer", "json-schema", "--schema", "none.json"], "--schema "],
])("%j is refused", async (argv, message) => {
  await writeFile(join(directory, "one.csv"), "input,ideal,said\nx,y,z\n");
  const { code, stderr } = await evalRun("one.csv", ...model, ...argv);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(server.heard).toEqual([]);
});
