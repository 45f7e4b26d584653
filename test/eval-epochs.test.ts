import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { type ChatServer, chatServer } from "./chat-server.fixture.ts";

let directory: string;
let server: ChatServer;
let answer: (call: number) => string | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-epochs-"));
  server = await chatServer((_, call) => answer(call));
  await writeFile(
    join(directory, "sums.csv"),
    "input,ideal,passage\n1 + 1?,2,a\n1 + 2?,3,a\n2 + 2?,4,b\n",
  );
});
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

const evalRun = (...argv: string[]) => {
  server.heard.length = 0;
  const first = ["--concurrency", "1", "--temperature", "0.7", ...server.flags];
  return runCli(["eval", "run", "sums.csv", ...first, ...argv], { directory });
};
const cli = (...argv: string[]) => runCli(argv, { directory });
const lines = async (name: string) =>
  (await readFile(join(directory, name), "utf8")).trim().split(/\r?\n/);

/** Answers of four epochs, each over the three samples: right are 4, 2 and 0 of four. */
const drawn = ["2", "3", "0", "2", "3", "0", "2", "0", "0", "2", "0", "1"];

test("samples are asked several times, and their scores reduced", async () => {
  answer = (call) => drawn[call - 1]!;
  const reducers = ["--reducer", "mean,pass@2", "--reducer", "max"];
  const asked = ["--epochs", "4", ...reducers, "--log", "four.jsonl"];
  const others = ["--junit", "four.xml", "--gate", "accuracy/pass@2>=0.99"];
  const { code, stdout } = await evalRun(...asked, ...others, "--json");
  const { scores, reached, samples, report } = JSON.parse(stdout);
  expect([code, server.heard.length, reached, samples]).toEqual([3, 12, 12, 3]);
  expect(scores.map((one: { name: string; n: number; mean: number }) => one)).toMatchObject([
    { name: "accuracy", n: 3, mean: 0.5 },
    { name: "accuracy/pass@2", n: 3, mean: expect.closeTo((1 + 5 / 6) / 3, 12) },
    { name: "accuracy/max", n: 3, mean: expect.closeTo(2 / 3, 12) },
  ]);
  expect(report.accuracy).toBe(0.5);
  const { header, records } = await readEvalLog(join(directory, "four.jsonl"));
  expect(header).toMatchObject({ epochs: 4, reducers: ["mean,pass@2", "max"] });
  expect(records.slice(3, 6).map(({ id, epoch }) => [id, epoch])).toEqual([
    ["sums.0", 4],
    ["sums.1", 1],
    ["sums.1", 2],
  ]);
  const xml = await readFile(join(directory, "four.xml"), "utf8");
  expect(xml).toContain('tests="13" failures="6"');
  expect(xml).toContain('name="sums.1#3"><failure');

  const shown = await cli("eval", "show", "four.jsonl", "--csv", "four.csv");
  expect(shown.stdout).toMatch(/12 of 12 answers \(3 samples, 4 epochs\)/);
  expect(shown.stdout).toMatch(/accuracy\/pass@2 +3 +0\.6111/);
  expect((await lines("four.csv")).slice(0, 2)).toEqual([
    "id,epoch,accuracy,read_as,question,answer,error,tokens,milliseconds,cost",
    expect.stringMatching(/^sums\.0,1,1,2,1 \+ 1\?,2,,4,\d+,$/),
  ]);
  const other = await cli("eval", "show", "four.jsonl", "--reducer", "pass@4", "--json");
  expect(JSON.parse(other.stdout).scores).toMatchObject([{ name: "accuracy/pass@4", n: 3 }]);
  // (1.960 + 0.842)^2 * 2 * 0.5^2 / 0.5^2 of the samples' means 1, 0.5 and 0
  expect((await cli("eval", "show", "four.jsonl", "--detect", "0.5")).stdout).toContain(
    "two runs of 16 samples each would show a difference of 0.5",
  );
  const one = await cli("eval", "show", "four.jsonl", "--sample", "1");
  expect(one.stdout.match(/^sums\.1#\d$/gm)).toHaveLength(4);
  expect((await cli("eval", "show", "four.jsonl", "--sample", "1#3")).stdout).toMatch(
    /^sums\.1#3$/m,
  );

  await evalRun(...asked, "--format", "openai-evals", "--log", "openai.jsonl");
  expect(server.heard).toHaveLength(0); // from the cache, an answer for each epoch
  const events = (await lines("openai.jsonl")).slice(2).map((line) => JSON.parse(line));
  const ids = events.filter(({ type }) => type === "match").map((event) => event.sample_id);
  expect(new Set(ids).size).toBe(12);
});

test("a run that was stopped goes on with the epochs that are missing, and their own answers", async () => {
  answer = (call) => drawn[call - 1]!;
  await evalRun("--epochs", "4", "--log", "whole.jsonl", "--no-cache");
  const whole = await lines("whole.jsonl");
  await writeFile(join(directory, "half.jsonl"), `${whole.slice(0, 6).join("\n")}\n`);
  const { code } = await evalRun("--epochs", "4", "--log", "half.jsonl");
  expect([code, server.heard.length]).toEqual([0, 0]);
  const read = async (name: string) =>
    (await readEvalLog(join(directory, name))).records.map(({ scores }) => scores);
  expect(await read("half.jsonl")).toEqual(await read("whole.jsonl"));
  const refused = await evalRun("--epochs", "5", "--log", "half.jsonl");
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("its epochs was 4")]);
});

test("what makes no sense is said", async () => {
  const few = await evalRun("--epochs", "2", "--reducer", "pass@5");
  expect([few.code, few.stderr, server.heard.length]).toEqual([
    2,
    expect.stringContaining("give --epochs 5 or more"),
    0,
  ]);
  answer = () => "2";
  const cold = await evalRun("--epochs", "2", "--temperature", "0");
  expect(cold.stderr).toMatch(/at temperature 0 the answers of all epochs are alike/);
  const warm = await evalRun("--epochs", "2", "--log", "warm.jsonl");
  expect(warm.stderr).not.toMatch(/are alike/);
});

test("a run that ends early counts answers, and one without a score is no baseline", async () => {
  answer = () => undefined;
  const down = ["--epochs", "2", "--retries", "0", "--no-cache", "--log", "down.jsonl"];
  const early = await evalRun(...down, "--fail-on-errors", "1");
  expect([early.code, early.stdout]).toEqual([
    ...[1, expect.stringMatching(/^1 of 6 answers \(3 samples, 2 epochs\) reached; the same/m)],
  ]);
  answer = () => "2";
  const other = await evalRun("--epochs", "2", "--baseline", "down.jsonl");
  expect([other.code, other.stderr]).toEqual([
    ...[2, expect.stringContaining("expected a run with a score of the same samples, found none")],
  ]);
});

test("samples of one source make one cluster", async () => {
  answer = () => "2";
  const { stdout } = await evalRun("--cluster", "passage", "--log", "clusters.jsonl");
  expect(stdout).toMatch(/score +n +clusters[\s\S]*accuracy +3 +2 /);
  const { header, records } = await readEvalLog(join(directory, "clusters.jsonl"));
  expect([header.cluster, records.map(({ cluster }) => cluster)]).toEqual([
    "passage",
    ["a", "a", "b"],
  ]);
  const shown = await cli("eval", "show", "clusters.jsonl", "--detect", "0.5");
  expect(shown.stdout).toContain("clustered by passage");
  expect(shown.stdout).toContain("how many samples would show 0.5 cannot be told");
  const compared = await cli("eval", "compare", "clusters.jsonl", "clusters.jsonl", "--json");
  expect(JSON.parse(compared.stdout).scores).toMatchObject([{ n: 3, clusters: 2 }]);
  const missing = await evalRun("--cluster", "page");
  expect([missing.code, missing.stderr]).toEqual([
    2,
    expect.stringContaining(
      "--cluster page: sums.0 has no such field; it has input, ideal, passage",
    ),
  ]);
});
