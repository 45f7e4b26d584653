import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Context } from "../src/cli/context.ts";
import { readSuite } from "../src/cli/eval-suite.ts";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { type WallClock, wallClock, watchSuite } from "../src/cli/watch-suite.ts";
import { watchExitCode } from "../src/evaluate/watch/watch-entry.ts";
import { WatchHistory } from "../src/evaluate/watch/watch-history.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { type ChatServer, chatServer } from "./chat-server.fixture.ts";

const hour = 3_600_000;
const begin = Date.parse("2026-11-29T12:00:00Z");

let directory: string;
const tokens = { prompt: 10, answer: 5 };
let server: ChatServer;
/** Undefined: the server is down. */
let answer: (question: string) => string | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-eval-watch-"));
  for (const name of ["ones", "twos"]) {
    const rows = Array.from({ length: 20 }, (_, i) => `${name} ${i}?,${i}`);
    await writeFile(join(directory, `${name}.csv`), `input,ideal\n${rows.join("\n")}\n`);
  }
  server = await chatServer((chat) => answer(messageText(chat.messages[0]!)), tokens);
  const common = `model: "openai:stand-in", base-url: "${server.url}", retries: 0, concurrency: 1`;
  const prices = "inputPrice: 1000, outputPrice: 1000";
  await writeFile(
    join(directory, "suite.yaml"),
    `- {name: first, task: ones.csv, ${common}, ${prices}, gate: "accuracy>=0.5"}\n- {task: twos.csv, ${common}}\n`,
  );
});
beforeEach(() => {
  server.heard.length = 0;
  answer = right;
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const right = (question: string) => /\d+/.exec(question)![0];

function contextWith(signal = new AbortController().signal): Context {
  const silent = { write: () => undefined };
  return {
    ...{ stdin: Readable.from([]), stdout: silent, stderr: silent, isTty: false, signal },
    ...{ directory, environment: {}, json: false, flags: {} },
  };
}

/** Watches with a clock that stands still but for waiting. */
async function watch(
  folder: string,
  { start = begin, times = 1, signal }: { start?: number; times?: number; signal?: AbortSignal },
) {
  const context = contextWith(signal);
  const suite = await readSuite(join(directory, "suite.yaml"), context);
  const history = await WatchHistory.read(join(directory, folder));
  let now = start;
  const waits: number[] = [];
  const clock: WallClock = {
    now: () => now,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  };
  const rounds = [];
  const options = { suite, history, everyMs: hour, times, baseline: undefined, clock };
  for await (const { entries } of watchSuite(options, context)) {
    rounds.push(entries);
    if (rounds.length === 1)
      answer = (question) => (question.startsWith("ones") ? "no" : right(question));
    if (rounds.length === 2) answer = () => undefined;
  }
  return { rounds, waits, history };
}

test("each round asks anew, is compared with the first, and the watch outlives one that fails", async () => {
  const { rounds, waits } = await watch("history", { times: 3 });
  expect([waits, server.heard.length]).toEqual([[hour, hour], 3 * 40]);
  expect(rounds.flat().map(({ name, verdict }) => [name, verdict])).toEqual([
    ["first", "PASS"],
    ["twos openai:stand-in", "PASS"],
    ["first", "FAIL"], // misses its gate and is worse than the first round
    ["twos openai:stand-in", "PASS"],
    ["first", "ERROR"],
    ["twos openai:stand-in", "ERROR"],
  ]);
  const [good, bad, down] = rounds.map(([entry]) => entry!);
  expect(good).toMatchObject({
    ...{ round: "2026-11-29T12-00-00.000Z", samples: 20, errors: 0, baseline: null },
    ...{ cost: expect.closeTo(20 * 0.015, 9), latency: { calls: 20 } },
    scores: [{ name: "accuracy", n: 20, mean: 1, interval: { level: 0.95 } }],
  });
  expect(bad!.baseline).toBe(good!.round);
  expect(bad!.gates.map(({ gate, verdict }) => [gate, verdict])).toEqual([
    ["accuracy>=0.5", "FAIL"],
    ["accuracy: no regression beyond 0.01", "FAIL"],
  ]);
  expect(down).toMatchObject({ errors: 20, reached: 20, latency: null, gates: [] });
  expect(down!.firstError).toContain("500");
  expect([watchExitCode(rounds.flat()), watchExitCode(rounds[0]!)]).toEqual([1, 0]);
  const read = await WatchHistory.read(join(directory, "history"));
  expect(read.entries).toEqual(rounds.flat());
  expect(read.before(bad!)).toEqual(good);
  expect(() => read.baseline("first", "2020")).toThrow(/no round of the history with scores/);
});

test("a round that was broken off is finished, asking nothing again", async () => {
  const controller = new AbortController();
  answer = (question) => {
    if (server.heard.length === 30) controller.abort(); // in the second evaluation
    return right(question);
  };
  const broken = await watch("half", { signal: controller.signal });
  expect([broken.rounds, broken.history.entries.length]).toEqual([[], 1]);
  server.heard.length = 0;
  answer = right;
  const { rounds } = await watch("half", { start: begin + hour / 2 });
  expect(rounds[0]!.map(({ round, verdict }) => [round, verdict])).toEqual([
    ["2026-11-29T12-00-00.000Z", "PASS"],
    ["2026-11-29T12-00-00.000Z", "PASS"],
  ]);
  expect([
    server.heard.length,
    new Set(server.heard.map(({ messages }) => messageText(messages[0]!))).size,
  ]).toEqual([11, 11]); // one was in flight
});

test("a round that was broken off too long ago is marked, and a new one begins", async () => {
  const controller = new AbortController();
  answer = (question) => {
    if (server.heard.length === 30) controller.abort();
    return right(question);
  };
  await watch("old", { signal: controller.signal });
  answer = right;
  const { history } = await watch("old", { start: begin + 2 * hour });
  expect(history.entries.map(({ round, verdict }) => [round.slice(11, 13), verdict])).toEqual([
    ["12", "PASS"],
    ["12", "UNFINISHED"],
    ["14", "PASS"],
    ["14", "PASS"],
  ]);
  expect(watchExitCode(history.entries)).toBe(3);
});

test("eval watch prints each round, keeps a page of them, and shows the history", async () => {
  const argv = ["eval", "watch", "suite.yaml", "--history", "shown"];
  const first = await runCli([...argv, "--times", "2", "--every", "1ms"], { directory });
  expect([first.code, server.heard.length]).toEqual([0, 80]); // no cache is used
  expect(first.stdout).toMatch(
    /evaluation +score +n +mean .* verdict\nfirst +accuracy +20 +1\.0000/,
  );
  expect(first.stdout).toMatch(/\+0\.0000 +0 +\d+ ms +\d+ ms +\$0\.3000 +PASS/);
  answer = () => "no";
  const second = await runCli([...argv, "--times", "1", "--json"], { directory });
  expect([second.code, JSON.parse(second.stdout).entries.length]).toEqual([1, 2]);
  server.heard.length = 0;
  const { stdout } = await runCli([...argv, "--show"], { directory });
  expect([server.heard.length, stdout.match(/^round /gm)?.length]).toEqual([0, 3]);
  expect(stdout).toMatch(/first: FAIL: accuracy>=0\.5/);
  const page = await readFile(join(directory, "shown", "history.html"), "utf8");
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page.match(/PASS/g)).toHaveLength(4);
  expect(await readdir(join(directory, "shown", "rounds"))).toHaveLength(3);
  const lines = (await readFile(join(directory, "shown", "history.jsonl"), "utf8")).trim();
  expect(lines.split("\n")).toHaveLength(6);
});

test("the fields of an evaluation are the flags that its task is given", async () => {
  const rows = ["train", "test"].map((part) =>
    writeFile(join(directory, `${part}.jsonl`), '{"question": "1 + 1?", "answer": "#### 2"}\n'),
  );
  await Promise.all(rows);
  await writeFile(
    join(directory, "given.yaml"),
    `- {task: gsm8k, data: ., model: openai:x, few-shot: 1, temperature: 0.5, reducer: max, model-param: a=b}\n`,
  );
  const [one] = await readSuite(join(directory, "given.yaml"), contextWith());
  expect(one!.chosen.task.settings).toMatchObject({ fewShot: 1, temperature: 0.5 });
  expect(one!.flags).toMatchObject({ reducer: ["max"], modelParam: ["a=b"] });
  await writeFile(
    join(directory, "idle.yaml"),
    "- {task: ones.csv, model: openai:x, tolerance: 1}\n",
  );
  await expect(readSuite(join(directory, "idle.yaml"), contextWith())).rejects.toThrow(
    "--tolerance has no effect with --scorer exact",
  );
});

test("a suite that cannot be is refused, and interrupted the exit code is 130", async () => {
  const refused = async (text: string, message: string, ...flags: string[]) => {
    await writeFile(join(directory, "odd.yaml"), text);
    const { code, stderr } = await runCli(["eval", "watch", "odd.yaml", ...flags], { directory });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  };
  const good = "{task: ones.csv, model: openai:x}";
  await refused("task: ones.csv", "expected a list of evaluations");
  await refused(`- ${good}\n- {task: ones.csv}`, "odd.yaml, evaluation 2: model:");
  await refused(`- ${good.replace("}", ", log: a}")}`, "without log, format, cache");
  await refused(`- ${good.replace("}", ", gate: accuracy}")}`, "evaluation 1: gate: expected");
  await refused(`- ${good}\n- ${good}`, 'two evaluations are called "ones openai:x"');
  await refused("- {task: none.csv, model: openai:x}", "found no file");
  await refused(`- ${good}`, "expected a duration", "--every", "hourly");
  const controller = new AbortController();
  controller.abort();
  const argv = ["eval", "watch", "suite.yaml", "--history", "stopped"];
  expect((await runCli(argv, { directory, signal: controller.signal })).code).toBe(130);
  const start = wallClock.now();
  await wallClock.wait(hour, controller.signal);
  expect(wallClock.now() - start).toBeLessThan(hour / 2);
});

test("a suite's fields count as flags that were given, and errors name the evaluation", async () => {
  const suite = async (text: string) => {
    await writeFile(
      join(directory, "odd.yaml"),
      `- {task: ones.csv, model: "openai:x", ${text}}\n`,
    );
    return readSuite(join(directory, "odd.yaml"), contextWith());
  };
  await expect(suite("few-shot: 2")).rejects.toThrow(
    "odd.yaml, evaluation 1: eval run: --few-shot has no effect without --examples",
  );
  await expect(suite("gate: accuracy>1x")).rejects.toThrow(
    "odd.yaml, evaluation 1: gate: expected",
  );
  const [one] = await suite("reducer: max, model-param: a=b, epochs: 2");
  expect((await suite("name: 北京 1"))[0]!.fileName).toBe("北京-1");
  expect(one!.flags).toMatchObject({ reducer: ["max"], modelParam: ["a=b"] });
});
