import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { loadHumanEval } from "../src/evaluate/code/human-eval.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { sharedPath, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import { type ChatServer, chatServer, type HeardChat } from "./chat-server.fixture.ts";

let directory: string;
let server: ChatServer;
let answer: (chat: HeardChat) => string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-built-in-"));
  server = await chatServer((chat) => answer(chat));
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

function evalRun(...argv: string[]) {
  server.heard.length = 0;
  return runCli(["eval", "run", ...argv, ...server.flags, "--json"], { directory });
}

const questionOf = ({ messages }: HeardChat) => messageText(messages.at(-1)!);

test("HumanEval: programs are taken out of answers and run", async (context) => {
  const data = sharedPath("benchmarks/humaneval/HumanEval.jsonl.gz");
  context.skip(data === undefined, withoutSharedData);
  const problems = loadHumanEval(data!);
  const forms: ((prompt: string, body: string) => string)[] = [
    (prompt, body) => `Sure:\n\`\`\`python\n${prompt}${body}\`\`\`\nIt works.`,
    (_, body) => `${body}\n\ndef main():\n    broken(`,
    (_, body) => `\`\`\`\n${body}\`\`\``,
    (prompt) => `\`\`\`python\n${prompt}    return None\n\`\`\``,
  ];
  let asked = 0;
  answer = (chat) => {
    const found = problems.find(({ prompt }) => questionOf(chat).includes(prompt.trim()))!;
    return forms[asked++ % forms.length]!(found.prompt, found.canonical_solution);
  };
  const flags = ["--data", data!, "--max-samples", "4", "--concurrency", "1", "--log", "he.jsonl"];
  const { code, stdout } = await evalRun("human-eval", ...flags);
  expect([code, JSON.parse(stdout).report]).toEqual([0, { accuracy: 0.75 }]);
  expect(server.heard[0]).toMatchObject({ temperature: 0, max_tokens: 512 });
  const { header, records } = await readEvalLog(join(directory, "he.jsonl"));
  expect(header).toMatchObject({ task: "human-eval", arguments: { temperature: 0 } });
  expect(records[3]!.scores["accuracy"]).toMatchObject({
    value: 0,
    explanation: expect.stringMatching(/Error/),
  });
});

test("GSM8K: worked examples come first, the number after #### counts", async (context) => {
  const data = sharedPath("benchmarks/gsm8k");
  context.skip(data === undefined, withoutSharedData);
  const answers = [
    "16 - 7 = 9, 9 * 2 = 18.\n#### $18\n\nNext: 5 + 5\n#### 10",
    "It takes 3 bolts.",
    "#### Step 1\n80,000 + 50,000\n#### 70,000.00",
    "I do not know",
  ];
  answer = () => answers[server.heard.length - 1]!;
  const flags = ["--data", data!, "--max-samples", "4", "--concurrency", "1", "--max-tokens", "64"];
  const { code, stdout } = await evalRun("gsm8k", ...flags, "--few-shot", "2");
  expect([code, JSON.parse(stdout).report]).toEqual([0, { accuracy: 0.75 }]);
  const { messages, max_tokens: maxTokens } = server.heard[0]!;
  expect([maxTokens, messages.map(({ role }) => role)]).toEqual([
    64,
    ["user", "assistant", "user", "assistant", "user"],
  ]);
  expect(messages[1]!.content).toMatch(/^Natalia sold 48\/2 = 24 clips in May[\s\S]*#### 72$/);
  await mkdir(join(directory, "gsm8k")); // a folder of the name is no table of questions
  answer = () => "#### 18";
  await evalRun("gsm8k", ...flags, "--few-shot", "0");
  expect(questionOf(server.heard[0]!)).toMatch(/\?\n\nThink step by step/);
});

test("what is wrong with the data or the name is said", async () => {
  const refused = async (argv: string[], message: RegExp, exitCode = 2) => {
    const { code, stderr } = await evalRun(...argv);
    expect([code, stderr]).toEqual([exitCode, expect.stringMatching(message)]);
  };
  await refused(["human-eval"], /expected --data HumanEval.jsonl.gz/);
  await refused(
    ["human-evil"],
    /found no file .*human-evil.*built-in evaluations are .*near is human-eval/,
  );
  await refused(["gsm8k", "--data", "none"], /found no .*none/);
  await writeFile(join(directory, "odd.jsonl"), '{"question": "1 + 1?", "answer": "2"}\n');
  await refused(["gsm8k", "--data", "odd.jsonl"], /odd\.jsonl, line 1: expected .*####/, 1);
  await writeFile(join(directory, "one.jsonl"), '{"question": "1 + 1?", "answer": "#### 2"}\n');
  await refused(["gsm8k", "--data", "one.jsonl"], /expected the examples in .*train\.jsonl/);
  const listed = await runCli(["eval", "list", "--json"], { directory });
  expect(JSON.parse(listed.stdout).evals.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(["gsm8k", "human-eval"]),
  );
});
