import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { type EvalFolder, evalFolder } from "./eval-folder.fixture.ts";
import type { ProviderServer } from "./language-models/provider-server.fixture.ts";

let folder: EvalFolder;
let directory: string;
let server: ProviderServer;
let file: EvalFolder["file"];
beforeAll(async () => {
  folder = await evalFolder();
  ({ directory, server, file } = folder);
  await file("asked.csv", "input,ideal\na?,An answer\nb?,another\nc?,An answer\n");
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => folder?.close());

const foretoken = (...argv: string[]) => runCli(argv, { directory });

function evalRun(...argv: string[]) {
  const flags = ["--model", "openai:m", "--base-url", server.url, "--no-cache"];
  return foretoken("eval", "run", ...argv, ...flags);
}

/** Expects a refusal before anything is asked. */
async function refused(argv: readonly string[], message: string): Promise<void> {
  const { code, stdout, stderr } = await evalRun(...argv);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(message)]);
  expect(server.requests).toHaveLength(0);
}

test("bounds that cannot be judged are refused before anything is asked", async () => {
  await evalRun("asked.csv", "--log", "before.jsonl");
  await file("others.csv", "input,ideal\nd?,An answer\n");
  server.requests.length = 0;
  await refused(["asked.csv", "--gate", "accuracy>0.9"], "--gate: expected SCORE>=NUMBER");
  await refused(
    ["others.csv", "--baseline", "before.jsonl"],
    "--baseline before.jsonl: expected runs of the same samples; the first has the task asked, the second the task others",
  );
  await refused(
    ["asked.csv", "--max-samples", "2", "--baseline", "before.jsonl"],
    "the first has 3 samples",
  );
  await refused(["asked.csv", "--no-regression"], "--no-regression: expected an earlier run");
  const kept = await evalRun("asked.csv", "--baseline", "before.jsonl", "--no-regression");
  expect(kept.stdout).toContain("PASS: accuracy: no regression beyond 0.01");
  server.requests.length = 0;
  const absent = await evalRun("asked.csv", "--baseline", "none.jsonl");
  expect([absent.code, server.requests.length]).toEqual([1, 0]);
});

test("a gate of a score that there is not shows what was paid for all the same", async () => {
  const { code, stdout, stderr } = await evalRun("asked.csv", "--gate", "acc>=0.9");
  expect([code, stdout]).toEqual([2, expect.stringMatching(/accuracy +3 +/)]);
  expect(stderr).toContain('--gate acc>=0.9: no score "acc"; there are accuracy');
});

test("a table that cannot be asked is refused with the place and the way out", async () => {
  await file("broken.jsonl", '{"input": "a?", "ideal": "b"}\n{"input": "c?" "ideal": "d"}\n');
  await refused(["broken.jsonl"], "broken.jsonl, line 2: expected a JSON object; column 16: ");
  await file("empty.jsonl", "");
  await refused(["empty.jsonl"], "empty.jsonl: expected rows with questions, it has none");
  await file("semicolons.csv", "input;ideal\na?;b\n");
  await refused(["semicolons.csv"], 'separated by ";": save it with commas');
  await file("head.csv", "input,ideal\n");
  await refused(["head.csv"], "head.csv: expected rows with questions, it has none");
  await refused(
    ["asked.csv", "--examples", "none.csv"],
    "--examples: expected a table, found nothing",
  );
  await file("shots.jsonl", '{"input": "x?", "ideal": "y"}\n{"input": "z?"}\n');
  await refused(["asked.csv", "--examples", "shots.jsonl"], '--examples, row 2: "ideal" is empty');
});

test("answers that are empty or cut off are told beside the scores", async () => {
  const reply = (text: string, finish: "stop" | "length") =>
    server.next({ texts: [text], finish, usage: { prompt: 1, completion: 1 } });
  const one = ["asked.csv", "--max-samples", "1"];
  reply("", "stop");
  const empty = await evalRun(...one, "--log", "blank.jsonl");
  expect(empty.stdout).toContain("of the samples 1 with an empty answer\n");
  expect((await foretoken("eval", "show", "blank.jsonl")).stdout).toContain(
    "accuracy 0 |  (empty)",
  );
  reply("An ans", "length");
  const cut = await evalRun(...one, "--log", "cut.jsonl");
  expect(cut.stdout).toContain("1 with an answer cut off (see --max-tokens and --answer-tokens)");
  const { stdout } = await foretoken("eval", "show", "cut.jsonl", "--sample", "0");
  expect(stdout).toContain("[answer, ended by length] An ans");
  reply("A", "length");
  const short = await evalRun(...one, "--max-tokens", "1", "--json");
  expect(JSON.parse(short.stdout).flaws).toEqual({}); // one token was asked for
});

test("NaN in a log is unscored, and a log that is none is refused with its line", async () => {
  await evalRun("asked.csv", "--log", "good.jsonl");
  const lines = (await readFile(join(directory, "good.jsonl"), "utf8")).split("\n");
  const unclear = lines.map((line) => line.replace('"value":0', '"value":NaN'));
  await file("nan.jsonl", unclear.join("\n"));
  const shown = await foretoken("eval", "show", "nan.jsonl");
  expect([shown.code, shown.stdout]).toEqual([
    0,
    expect.stringMatching(/accuracy +2 +1\.0000 .* 1\n/),
  ]);
  const compared = await foretoken("eval", "compare", "nan.jsonl", "good.jsonl");
  expect(compared.stdout).toMatch(/accuracy +2 +1\.0000 +1\.0000/);
  await file("mixed.jsonl", [...lines.slice(0, 2), "a note", ...lines.slice(2)].join("\n"));
  const mixed = await foretoken("eval", "show", "mixed.jsonl");
  expect([mixed.code, mixed.stderr]).toEqual([1, expect.stringContaining("mixed.jsonl, line 3: ")]);
});

test("a folder in the place of a file is no fault of ours", async () => {
  const folder = `${directory}: is a folder. Give the path of a file.\n`;
  expect((await foretoken("eval", "show", ".")).stderr).toBe(folder);
  const log = await evalRun("asked.csv", "--log", ".");
  expect([log.code, log.stderr]).toEqual([1, folder]);
  const junit = await evalRun("asked.csv", "--junit", ".");
  expect([junit.code, junit.stderr]).toEqual([1, expect.stringContaining(folder)]);
});

test("runs without a score in common cannot be compared", async () => {
  await evalRun("asked.csv", "--log", "scored.jsonl");
  const [head] = (await readFile(join(directory, "scored.jsonl"), "utf8")).split("\n");
  await file("begun.jsonl", `${head}\n`);
  const { code, stderr } = await foretoken("eval", "compare", "begun.jsonl", "scored.jsonl");
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("0 of 3 samples are scored in the first, 3 of 3"),
  ]);
});

test("questions that are no conversation fail by themselves", async () => {
  const rows = [
    { input: [{ role: "user" }] },
    { input: ["a"] },
    { input: { a: 1 } },
    { input: [[]] },
  ];
  const lines = rows.map((row) => JSON.stringify({ ...row, ideal: "An answer" }));
  await file("odd.jsonl", `${lines.join("\n")}\n`);
  const { stdout } = await evalRun("odd.jsonl", "--log", "odd-log.jsonl");
  expect(stdout).toContain(
    '3 samples failed, the first: odd.0: the column "input": expected a text or',
  );
  const asked = server.requests.map(({ body }) => (body as { messages: unknown }).messages);
  expect(asked).toEqual([[{ role: "user", content: '{"a":1}' }]]);
});

test("an answer that alone could cost more than --max-cost is said to be the reason", async () => {
  const prices = ["--input-price", "1", "--output-price", "1000", "--max-cost", "0.01"];
  const { code, stdout } = await evalRun("asked.csv", ...prices, "--log", "dear.jsonl");
  expect([code, stdout]).toEqual([
    3,
    expect.stringContaining("0 of 3 samples reached, and the next call might cost more"),
  ]);
  expect(server.requests).toHaveLength(0);
});

test("a log of another run is refused with what differs first", async () => {
  await evalRun("asked.csv", "--log", "mine.jsonl");
  server.requests.length = 0;
  const log = ["--log", "mine.jsonl"];
  await refused(
    ["asked.csv", ...log, "--temperature", "1"],
    "the log is of another run: its arguments.callArguments.temperature was 0, now it is 1; give another",
  );
  await file("asked.jsonl", '{"input": "a?", "ideal": "b"}\n');
  await refused(["asked.jsonl", ...log], "its 3 samples were others than the 1 of now");
});

test("a call that is tried again is said while it is waited for", async () => {
  server.next({ status: 503, message: "busy" });
  const { code, stderr } = await evalRun("asked.csv", "--max-samples", "1", "--retries", "1");
  expect([code, stderr]).toEqual([0, expect.stringMatching(/waits 0\.\ds: .*status 503 \(busy\)/)]);
});

test("a row without a right answer fails by itself, and is not asked", async () => {
  await file("gap.jsonl", '{"input": "a?", "ideal": "An answer"}\n{"input": "b?"}\n');
  const { code, stdout } = await evalRun("gap.jsonl", "--log", "gap-log.jsonl");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/accuracy +1 +1\.0000 .* 1\n/)]);
  expect(stdout).toContain('1 sample failed: gap.1: the column "ideal" has no right answer');
  expect(server.requests).toHaveLength(1);
});

test.each([
  [401, "wrong key", /status 401 \(wrong key\); set OPENAI_API_KEY/],
  [404, "no such model", /status 404 \(no such model\); check the model's name/],
])("status %i, which every sample would get, ends the run", async (status, message, said) => {
  const log = `refused-${status}.jsonl`;
  const run = () => evalRun("asked.csv", "--concurrency", "1", "--log", log);
  server.next({ status, message });
  const { code, stderr } = await run();
  expect([code, stderr, server.requests.length]).toEqual([1, expect.stringMatching(said), 1]);
  expect((await run()).code).toBe(0); // the log is gone on with
  expect(server.requests).toHaveLength(4);
});
