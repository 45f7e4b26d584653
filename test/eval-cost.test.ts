import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { type ChatServer, chatServer, type HeardChat } from "./chat-server.fixture.ts";

const samples = 40;
let directory: string;
/** Each question that it hears costs $0.015 at the prices below. */
let server: ChatServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-eval-cost-"));
  const rows = Array.from({ length: samples }, (_, i) => `what is ${100 + i}?,${100 + i}`);
  await writeFile(join(directory, "many.csv"), `input,ideal\n${rows.join("\n")}\n`);
  const answer = (chat: HeardChat) => /\d+/.exec(messageText(chat.messages[0]!))![0];
  server = await chatServer(answer, { prompt: 10, answer: 5 });
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

/** The questions that were asked. */
const heard = () => server.heard.map(({ messages }) => messageText(messages[0]!));

const priced = ["--input-price", "1000", "--output-price", "1000"];

function evalRun(...argv: string[]) {
  server.heard.length = 0;
  const model = [...server.flags, "--max-tokens", "8"];
  return runCli(["eval", "run", "many.csv", ...model, ...argv], { directory });
}

test("a run is refused, stopped and gone on with at --max-cost, and nothing is paid twice", async () => {
  const argv = [...priced, "--log", "dear.jsonl", "--no-cache", "--concurrency", "4", "--json"];
  const refused = await evalRun(...argv, "--max-cost", "0.2");
  expect([refused.code, server.heard.length]).toEqual([2, 0]);
  // a prompt is estimated as 4 tokens and 12 bytes / 4
  expect(refused.stderr).toMatch(/prompts alone would cost about \$0\.2800; nothing was asked/);

  const stopped = await evalRun(...argv, "--max-cost", "0.4");
  const first = JSON.parse(stopped.stdout);
  const asked = heard();
  expect(stopped.code).toBe(3);
  expect(stopped.stderr).toMatch(/stopped at --max-cost 0\.4: \$0\.\d+ are spent, 2\d of 40/);
  expect(first.cost.spent.cost).toBeCloseTo(0.015 * asked.length, 9);
  expect(first.cost.spent.cost).toBeLessThanOrEqual(0.4);
  // one more of at most 10 + 8 tokens would not have fit
  expect(first.cost.spent.cost).toBeGreaterThan(0.4 - 0.018);
  expect(first.cost.forecast).toMatchObject({ samples: 40, fresh: 40, mostAnswerTokens: 320 });
  expect(first.reached).toBe(asked.length);

  const rest = await evalRun(...argv, "--max-cost", "0.7");
  expect([rest.code, new Set([...asked, ...heard()]).size]).toEqual([0, samples]);
  expect(asked.length + heard().length).toBe(samples);
  expect(rest.stderr).toMatch(
    /; from \d+ answered samples: \$0\.6000 in all \(95 % \$0\.6000 to \$0\.6000\)/,
  );
  expect(JSON.parse(rest.stdout).cost).toMatchObject({
    forecast: { done: asked.length, fresh: samples - asked.length },
    spent: { cost: expect.closeTo(0.6, 9), usage: [{ calls: 40, promptTokens: 400 }] },
  });
  const { end } = await readEvalLog(join(directory, "dear.jsonl"));
  expect(end).toMatchObject({ cost: expect.closeTo(0.6, 9), usage: [{ answerTokens: 200 }] });
  const shown = await runCli(["eval", "show", "dear.jsonl"], { directory });
  expect(shown.stdout).toContain(
    "asked: openai:stand-in 40 calls, 400 tokens in, 200 out; $0.6000\n",
  );
});

test("a forecast asks nothing; answers of the log and the cache are counted out", async () => {
  const some = ["--max-samples", "10", "--log", "some.jsonl"];
  const before = await evalRun(...priced, "--forecast", "--log", "all.jsonl");
  expect([before.code, server.heard.length]).toEqual([0, 0]);
  expect(before.stdout).toMatch(
    /^many: 40 samples, 40 to ask: prompts about 280 tokens .*, answers at most 320; about \$0\.2800 for the prompts alone, at most \$0\.6000 in all;/,
  );
  const run = await evalRun(...some);
  expect([run.code, server.heard.length]).toEqual([0, 10]);
  expect(run.stderr).toContain("cost unknown: give --input-price and --output-price");
  await writeFile(join(directory, "prices.yaml"), "stand-in: {input: 1000, output: 1000}\n");
  const prices = ["--prices", "prices.yaml"];
  const rest = await evalRun(...prices, "--forecast", "--log", "all.jsonl", "--json");
  expect(JSON.parse(rest.stdout).cost.forecast).toMatchObject({
    ...{ done: 0, cached: 10, fresh: 30, promptTokens: 210 },
    promptCost: expect.closeTo(0.21, 9),
  });
  const again = await evalRun(...prices, "--forecast", ...some);
  expect(again.stdout).toContain("many: 10 samples, 10 done: nothing new is asked");
  const whole = await evalRun(...prices, "--log", "all.jsonl", "--concurrency", "2");
  expect([whole.code, server.heard.length]).toEqual([0, 30]);
  // 10 answers at $0.015 without spread, 20 to come
  expect(whole.stderr).toMatch(
    /from 10 answered samples: \$0\.4500 in all \(95 % \$0\.4500 to \$0\.4500\), .* for the other 20/,
  );
});

test("prices that cannot be are refused", async () => {
  const refused = async (argv: string[], message: string) => {
    const { code, stderr } = await evalRun(...argv);
    expect([code, stderr, server.heard.length]).toEqual([2, expect.stringContaining(message), 0]);
  };
  await refused(["--max-cost", "1"], "no price of openai:stand-in is known");
  await refused(["--input-price", "1"], "--input-price: expected --output-price with it");
  await refused(
    ["--grader-input-price", "1", "--grader-output-price", "1"],
    "leave its prices out",
  );
  await writeFile(join(directory, "odd.json"), '{"stand-in": {"input": -1, "output": 2}}');
  await refused(["--prices", "odd.json"], "--prices odd.json: stand-in: input");
  await refused(["--prices", "none.json"], "cannot be read");
});
