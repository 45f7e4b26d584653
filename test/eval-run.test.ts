import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { messageText } from "../src/language-model/message-text.ts";
import { readRows } from "../src/scaling/run-table/read-rows.ts";
import {
  sharedPath,
  sharedText,
  withoutSharedData,
} from "../src/statistics/shared-data.fixture.ts";
import { type ChatServer, chatServer, type HeardChat } from "./chat-server.fixture.ts";

let directory: string;
let server: ChatServer;
let answer: (chat: HeardChat) => string;
let delayMs = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-eval-cli-"));
  server = await chatServer(async (chat) => {
    const text = answer(chat);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    return text;
  });
});
afterEach(() => {
  delayMs = 0;
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

function evalRun(...argv: string[]) {
  server.heard.length = 0;
  return runCli(["eval", "run", ...argv, ...server.flags], { directory });
}

test.for([
  ["full", "openai-evals", "japanese_driving_license.s1.simple-v0"],
  ["full", "openai-evals", "arithmetic-expression.dev.v0"],
  ["excerpts", "openai-evals-excerpts", "game-theory.dev.v0"],
])(
  "%s/%s %s: the server sees what openai/evals' server saw",
  async ([kind, registry, name], context) => {
    const text = sharedText(`openai-evals-golden/${kind}/golden.${name}.json`);
    context.skip(text === undefined, withoutSharedData);
    const golden = JSON.parse(text!) as {
      report: object;
      calls: { prompt: unknown; kwargs: object; completion: string }[];
    };
    const keyOf = (messages: unknown) => JSON.stringify(messages);
    const completions = new Map(golden.calls.map((call) => [keyOf(call.prompt), call.completion]));
    answer = ({ messages }) => completions.get(keyOf(messages)) ?? "unexpected";
    const log = join(directory, `${name}.jsonl`);
    const flags = ["--registry", sharedPath(registry!)!, "--log", log, "--format", "openai-evals"];
    const { code, stdout, stderr } = await evalRun(name!, ...flags, "--concurrency", "1", "--json");
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("failed")]);
    expect(JSON.parse(stdout)).toMatchObject(
      JSON.parse(JSON.stringify(golden.report), (_, value) =>
        typeof value === "number" ? expect.closeTo(value, 9) : value,
      ),
    );
    const seen = server.heard.map(({ model: _, messages, ...rest }) => [messages, rest]);
    expect(seen).toEqual(golden.calls.map(({ prompt, kwargs }) => [prompt, kwargs]));
    const lines = (await readFile(log, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0].spec).toMatchObject({ eval_name: name, completion_fns: ["openai:stand-in"] });
    expect(lines[1].final_report).toEqual(JSON.parse(stdout));
  },
);

test("a file of questions is evaluated, shown sample by sample, and not asked again", async () => {
  await writeFile(
    join(directory, "sums.csv"),
    "question,answer\n2 + 2?,4\n3 + 4?,7\n5 + 5?,10\n1 + 1?,\n",
  );
  answer = ({ messages }) => (messageText(messages.at(-1)!).startsWith("2") ? "It is 4." : "7");
  const columns = ["--input", "question", "--ideal", "answer", "--scorer", "numeric"];
  const asked = ["sums.csv", ...columns, "--system", "Be brief.", "--log", "sums.jsonl"];
  const { code, stdout } = await evalRun(...asked, "--json");
  const result = JSON.parse(stdout);
  expect([code, result.errors, result.report.accuracy]).toEqual([0, 1, 2 / 3]);
  expect(result.scores[0]).toMatchObject({ n: 3, unscored: 1, interval: { level: 0.95 } });
  expect(server.heard[0]).toEqual({
    ...{ model: "stand-in", temperature: 0, max_tokens: 256 },
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "2 + 2?" },
    ],
  });

  await evalRun(...asked);
  expect(server.heard).toHaveLength(0); // what was done stays, what failed fails before it asks
  const other = await evalRun(...asked.slice(0, -1), "other.jsonl");
  expect([server.heard.length, other.code]).toEqual([0, 0]); // from the cache
  await evalRun(...asked.slice(0, -1), "third.jsonl", "--no-cache");
  expect(server.heard).toHaveLength(3);

  const shot = ["--examples", "sums.csv", "--few-shot", "1", "--max-samples", "2"];
  await evalRun(...asked.slice(0, -1), "shot.jsonl", ...shot, "--concurrency", "1");
  const [, second] = server.heard;
  expect(second!.messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
    ...["system: Be brief.", "user: 2 + 2?", "assistant: 4", "user: 3 + 4?"],
  ]);

  const gated = await evalRun(...asked, "--gate", "accuracy>=0.9", "--junit", "sums.xml");
  expect([gated.code, gated.stdout]).toEqual([3, expect.stringContaining("samples would decide")]);
  expect(await readFile(join(directory, "sums.xml"), "utf8")).toContain('errors="1"');
  const same = await evalRun(...asked, "--baseline", "third.jsonl", "--json");
  expect([same.code, JSON.parse(same.stdout).gates[0].verdict]).toEqual([0, "PASS"]);

  const compared = await runCli(["eval", "compare", "sums.jsonl", "third.jsonl"], { directory });
  expect(compared.stdout).toMatch(/accuracy +3 +0\.6667 +0\.6667 +\+0\.0000 .* inconclusive/);

  const show = (...argv: string[]) => runCli(["eval", "show", ...argv], { directory });
  const shown = await show(
    "sums.jsonl",
    "--failed",
    "--csv",
    "sums-out.csv",
    "--parquet",
    "sums.parquet",
  );
  const csv = (await readFile(join(directory, "sums-out.csv"), "utf8")).split("\r\n");
  expect(csv.slice(0, 2)).toEqual([
    "id,accuracy,read_as,question,answer,error,tokens,milliseconds,cost",
    expect.stringMatching(/^sums\.0,1,4,2 \+ 2\?,It is 4\.,,4,\d+,$/),
  ]);
  const rows = [];
  for await (const { values } of readRows(join(directory, "sums.parquet"))) rows.push(values);
  expect(rows).toHaveLength(4);
  expect(rows[0]).toMatchObject({ id: "sums.0", accuracy: 1, answer: "It is 4.", tokens: 4 });
  expect(shown.stdout).toMatch(/sums\.2: accuracy 0 \| 7/);
  expect(shown.stdout).toMatch(/sums\.3: failed: .*no right answer/);
  expect(shown.stdout).not.toContain("sums.0:");
  const one = await show("sums.jsonl", "--sample", "0");
  for (const part of ["[system] Be brief.", "[answer] It is 4.", 'read as "4"']) {
    expect(one.stdout).toContain(part);
  }
  expect((await show("sums.jsonl", "--sample", "99")).code).toBe(2);
});

test("what cannot be is said: no file, no evaluation, a server that is down", async () => {
  const refused = async (argv: string[], code: number, message: string) => {
    const outcome = await runCli(["eval", "run", ...argv], { directory });
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
  };
  await refused(["none.csv", ...server.flags], 2, "found no file");
  await refused(["none.csv"], 2, "--model is missing: expected a folder, a run, openai:NAME");
  await writeFile(join(directory, "odd.csv"), "a,b\n1,2\n");
  await refused(["odd.csv", ...server.flags], 2, 'expected a column "input", there are a, b');
  await refused(
    ["odd.csv", "--model", "nothing:x", "--input", "a", "--ideal", "b"],
    2,
    "nothing:x",
  );
  const down = ["--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1", "--retries", "0"];
  const outcome = await runCli(
    ["eval", "run", "odd.csv", "--input", "a", "--ideal", "b", ...down, "--log", "down.jsonl"],
    { directory },
  );
  expect([outcome.code, outcome.stdout]).toEqual([1, expect.stringContaining("127.0.0.1:9")]);
});

test("a log on which another run works is left to it", async () => {
  answer = () => "4";
  delayMs = 300;
  await writeFile(join(directory, "one.csv"), "input,ideal\n2 + 2?,4\n");
  const asked = ["one.csv", "--log", "shared.jsonl", "--no-cache"];
  const [first, second] = await Promise.all([evalRun(...asked), evalRun(...asked)]);
  expect([first!.code, second!.code].sort()).toEqual([0, 1]);
  expect(first!.stderr + second!.stderr).toMatch(/shared\.jsonl: .* is working on this run/);
  expect(server.heard).toHaveLength(1);
});

test("gates and baselines of which nothing can come are refused before anything is asked", async () => {
  await writeFile(join(directory, "few.csv"), "input,ideal\na,a\nb,b\n");
  await writeFile(join(directory, "own.csv"), "input,ideal\nc,c\n");
  answer = ({ messages }) => messageText(messages.at(-1)!);
  const refused = async (argv: string[], code: number, message: string) => {
    const outcome = await evalRun("few.csv", "--no-cache", ...argv);
    expect([outcome.code, outcome.stderr, server.heard]).toEqual([
      ...[code, expect.stringContaining(message), []],
    ]);
  };
  await refused(["--gate", "accuracy=1"], 2, "expected SCORE>=NUMBER");
  await refused(["--baseline", "none.jsonl"], 1, "found no evaluation's log");
  await evalRun("own.csv", "--log", "own.jsonl");
  await refused(["--baseline", "own.jsonl"], 2, "expected runs of the same samples");
});

test("a run that is killed three times asks only what was in flight again", async () => {
  const count = 400;
  const rows = Array.from({ length: count }, (_, i) => `what is ${i}?,${i}`);
  await writeFile(join(directory, "many.csv"), `input,ideal\n${rows.join("\n")}\n`);
  answer = ({ messages }) => /\d+/.exec(messageText(messages.at(-1)!))![0];
  delayMs = 10;
  server.heard.length = 0;
  const argv = ["eval", "run", "many.csv", ...server.flags, "--log", "many.jsonl", "--no-cache"];
  const command = ["bin/foretoken.js", ...argv, "--concurrency", "8"];
  const start = () =>
    spawn(process.execPath, [join(import.meta.dirname, "..", command[0]!), ...command.slice(1)], {
      cwd: directory,
      stdio: "ignore",
    });
  for (const until of [60, 160, 260]) {
    const child = start();
    const exited = new Promise((resolve) => child.on("exit", resolve));
    while (server.heard.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await exited;
  }
  const code = await new Promise((resolve) => start().on("exit", resolve));
  expect(code).toBe(0);
  const { records, end } = await readEvalLog(join(directory, "many.jsonl"));
  expect([records.length, end?.report]).toEqual([count, { accuracy: 1 }]);
  expect(server.heard.length).toBeGreaterThanOrEqual(count);
  expect(server.heard.length).toBeLessThanOrEqual(count + 3 * 8);
}, 120_000);
