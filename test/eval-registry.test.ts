import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { type EvalFolder, evalFolder } from "./eval-folder.fixture.ts";
import { defaultAnswer, type ProviderServer } from "./language-models/provider-server.fixture.ts";

const evals = `
asked:
  id: asked.dev.v0
asked.dev.v0:
  class: evals.elsuite.basic.match:Match
  args: {samples_jsonl: asked.jsonl}
a:
  id: a.b
a.b:
  class: evals.elsuite.multiple_choice:MultipleChoice
  args: {dataset: "hf://hellaswag?split=validation", instructions: Go on.}
algebra.test.v1:
  class: evals.elsuite.multiple_choice:MultipleChoice
  args: {dataset: "hf://hendrycks_test?name=abstract_algebra&split=test"}
odd.test.v1:
  class: evals.elsuite.multiple_choice:MultipleChoice
  args: {dataset: "hf://hellaswag?split=validation&revision=2"}
`;
const functions = `
thinking:
  class: evals.completion_fns.cot:ChainOfThoughtCompletionFn
  args: {cot_completion_fn: stand-in}
chain:
  class: evals.completion_fns.langchain_math:LangChainMathChainCompletionFn
`;

let folder: EvalFolder;
let directory: string;
let server: ProviderServer;
let file: EvalFolder["file"];
beforeAll(async () => {
  folder = await evalFolder();
  ({ directory, server, file } = folder);
  await file("registry/evals/some.yaml", evals);
  await file("registry/completion_fns/some.yaml", functions);
  await file("registry/data/asked.jsonl", '{"input": "2 + 2?", "ideal": "An answer"}\n');
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => folder?.close());

function evalRun(...argv: string[]) {
  const flags = ["--registry", "registry", "--base-url", server.url, "--concurrency", "1"];
  return runCli(["eval", "run", ...argv, ...flags], { directory });
}

/** What the server was asked, in order. */
function asked() {
  return server.requests.map(
    ({ body }) =>
      body as { model: string; messages: { role: string; content: string }[]; max_tokens?: number },
  );
}

const set = `
good.dev.v0: {class: "evals.elsuite.basic.match:Match", args: {samples_jsonl: asked.jsonl}}
also.dev.v0: {class: "evals.elsuite.basic.includes:Includes", args: {samples_jsonl: asked.jsonl}}
odd.dev.v0: {class: "evals.elsuite.make_me_say.eval:MakeMeSay", args: {}}
gone.dev.v0: {class: "evals.elsuite.basic.match:Match", args: {samples_jsonl: gone.jsonl}}
`;

test("a set is run whole, each evaluation with its log; what cannot be run is said", async () => {
  await file("sets/evals/some.yaml", `${set}nowhere: {id: nowhere.dev.v1}\nround: {id: round}\n`);
  const sets = `all: {evals: ["*.dev.v0"]}\nnone: {evals: [zzz.*]}\n`;
  await file("sets/eval_sets/some.yaml", sets);
  await file("sets/data/asked.jsonl", '{"input": "2 + 2?", "ideal": "An answer"}\n');
  const flags = ["--registry", "sets", "--base-url", server.url, "--model", "openai:stand-in"];
  const run = (name: string, ...argv: string[]) =>
    runCli(["eval", "run", name, ...flags, ...argv], { directory });
  const all = await run("all", "--log", "set.jsonl", "--junit", "set.xml", "--json");
  const { runs } = JSON.parse(all.stdout);
  expect([all.code, runs.map(({ task }: { task: string }) => task)]).toEqual([
    1,
    ["good.dev.v0", "also.dev.v0", "odd.dev.v0", "gone.dev.v0"],
  ]);
  expect(runs[2].error).toContain("MakeMeSay is not supported");
  expect(runs[3].error).toContain("found neither");
  for (const name of ["good", "also"]) {
    const { header } = await readEvalLog(join(directory, `set.${name}.dev.v0.jsonl`));
    expect(header.task).toBe(`${name}.dev.v0`);
    expect(await readFile(join(directory, `set.${name}.dev.v0.xml`), "utf8")).toContain(name);
  }
  const none = await run("none");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("is like zzz.*")]);
  const dangling = await run("nowhere");
  expect(dangling.stderr).toMatch(
    /no entry "nowhere.dev.v1".*"nowhere" \(some.yaml\) stands for it/,
  );

  const list = (...argv: string[]) =>
    runCli(["eval", "list", ...argv, "--registry", "sets"], { directory });
  const listed = await list();
  expect(listed.stdout).toMatch(/nowhere .* cannot be used: evals: no entry "nowhere.dev.v1"/);
  expect(listed.stdout).toMatch(/round .* cannot be used: .* leads back to itself/);
  expect(listed.stdout).toMatch(/odd.dev.v0 .*MakeMeSay \(not supported\)/);
  expect((await list("god.dev.v0")).stderr).toMatch(/is like "god.dev.v0"; near are good.dev.v0/);
  const kind = await runCli(["eval", "list", "--kind", "solvers"], { directory });
  expect([kind.code, kind.stderr]).toEqual([2, expect.stringContaining("give --registry DIR")]);
});

test("examples that are none are refused with their row", async () => {
  const args = "args: {samples_jsonl: asked.jsonl, num_few_shot: 1, few_shot_jsonl: asked.jsonl}";
  const entry = `shown.dev.v0: {class: "evals.elsuite.basic.match:Match", ${args}}\n`;
  await file("shown/evals/some.yaml", entry);
  await file("shown/data/asked.jsonl", '{"input": "2 + 2?", "ideal": "4"}\n');
  const flags = ["--registry", "shown", "--base-url", server.url, "--model", "openai:stand-in"];
  const { code, stderr } = await runCli(["eval", "run", "shown.dev.v0", ...flags], { directory });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('asked.jsonl, row 1: expected "sample"'),
  ]);
});

test("a judge that gives no verdict is seen beside the score", async () => {
  const spec = `judged: {prompt: "{input} {completion}", choice_strings: [Y, N], choice_scores: {Y: 1, N: 0}, input_outputs: {input: completion}}`;
  await file("judged/modelgraded/some.yaml", spec);
  const args = "args: {samples_jsonl: asked.jsonl, modelgraded_spec: judged}";
  const cls = "evals.elsuite.modelgraded.classify:ModelBasedClassify";
  await file("judged/evals/some.yaml", `judged.dev.v0: {class: "${cls}", ${args}}\n`);
  await file("judged/data/asked.jsonl", '{"input": "2 + 2?", "ideal": "4"}\n');
  const flags = ["--registry", "judged", "--base-url", server.url, "--model", "openai:stand-in"];
  const { stdout } = await runCli(["eval", "run", "judged.dev.v0", ...flags], { directory });
  expect(stdout).toMatch(/score +1 +0\.0000/); // as openai/evals has it
  expect(stdout).toContain("of all samples together: counts/__invalid__ 1\n");
});

test("a registry's completion function is a MODEL, whose calls are logged and kept", async () => {
  const run = await evalRun("asked", "--model", "thinking", "--log", "thought.jsonl", "--json");
  expect([run.code, JSON.parse(run.stdout).report.accuracy]).toEqual([0, 1]);
  expect(asked().map(({ model, messages }) => [model, messages.length])).toEqual([
    ["stand-in", 2],
    ["stand-in", 4],
  ]);
  const { header, records } = await readEvalLog(join(directory, "thought.jsonl"));
  expect(header.models).toEqual(["thinking"]);
  const calls = records[0]!.calls.map(({ model, messages, isCached, usage }) => ({
    ...{ model, roles: messages.map(({ role }) => role), isCached, usage },
  }));
  const usage = { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 };
  const first = ["system", "assistant"];
  expect(calls).toEqual([
    { model: "openai:stand-in", roles: first, isCached: false, usage },
    {
      ...{ model: "openai:stand-in", isCached: false, usage },
      roles: [...first, "assistant", "assistant"],
    },
  ]);

  server.requests.length = 0;
  await evalRun("asked", "--model", "thinking", "--log", "again.jsonl");
  const again = await readEvalLog(join(directory, "again.jsonl"));
  expect(again.records[0]!.calls.map(({ isCached }) => isCached)).toEqual([true, true]);
  expect(server.requests).toEqual([]);

  const other = ["--model-param", "extract_completion_fn=openai:other"];
  await evalRun("asked", "--model", "thinking", ...other, "--log", "other.jsonl");
  expect(asked().map(({ model }) => model)).toEqual(["other"]); // the thoughts came from the cache
  const changed = await evalRun("asked", "--model", "thinking", "--log", "other.jsonl");
  expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining("modelArguments")]);

  const priced = ["--input-price", "1000", "--output-price", "1000", "--no-cache"];
  const paid = await evalRun("asked", "--model", "thinking", ...priced, "--json");
  // two calls of 14 tokens at $1,000 a million
  expect(JSON.parse(paid.stdout).cost.spent.cost).toBeCloseTo(0.028, 9);
  server.requests.length = 0;
  const limit = ["--max-cost", "0.02"]; // an answer without a limit may be longer than that
  const bounded = await evalRun("asked", "--model", "thinking", ...priced, ...limit, "--json");
  const { cost, reached } = JSON.parse(bounded.stdout);
  expect([bounded.code, cost.spent.cost, reached, server.requests]).toEqual([3, 0, 0, []]);

  const refused = await evalRun("asked", "--model", "chain");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("LangChainMathChainCompletionFn is not supported"),
  ]);
  const dummy = await evalRun("asked", "--model", "dummy", "--log", "dummy.jsonl");
  expect([dummy.code, dummy.stdout]).toEqual([0, expect.stringContaining("0.0000")]);
  const list = await runCli(
    ["eval", "list", "--registry", "registry", "--kind", "completion_fns"],
    { directory },
  );
  expect(list.stdout).toMatch(/chain +\S+ +lacks evals\.completion_fns\.langchain_math/);
  expect(list.stdout).toMatch(/thinking +completion_fns\.cot:ChainOfThoughtCompletionFn *\n/);
});

const questions = Array.from({ length: 13 }, (_, i) => ({
  ...{ ctx: `context ${i}`, endings: ["w", "x", "y", "z"], label: "2", ind: i },
}));

/** What openai/evals makes of the options of the sample a.b.12, and the right letter, by its seed. */
const shuffles = [
  [20220722, "A) w\nB) z\nC) x\nD) y", "D"],
  [1, "A) y\nB) z\nC) w\nD) x", "A"],
] as const;

test.each(shuffles)("MultipleChoice with seed %i shuffles as the original", async (...shuffle) => {
  const [seed, options, letter] = shuffle;
  const rows = questions.map((row) => JSON.stringify(row)).join("\n");
  await file("plain/hellaswag/validation.jsonl", `${rows}\n`);
  server.next({ ...defaultAnswer, texts: [`${letter}.`] });
  const log = `choice-${seed}.jsonl`;
  const flags = ["--data-dir", "plain", "--seed", String(seed), "--log", log, "--no-cache"];
  const { code, stdout } = await evalRun("a", "--model", "openai:stand-in", ...flags, "--json");
  expect([code, JSON.parse(stdout).samples]).toEqual([0, 13]);
  expect(Object.keys(JSON.parse(stdout).report)).toEqual(["accuracy"]);
  const { records } = await readEvalLog(join(directory, log));
  const { calls, events } = records.find(({ id }) => id === "a.b.12")!;
  expect(calls[0]).toMatchObject({
    arguments: { temperature: 0, max_tokens: 1 },
    messages: [
      {
        role: "system",
        content: `Go on.\nPlease answer with the letter of the correct answer.\n\ncontext 12\n${options}`,
      },
    ],
  });
  expect(events[0]!.data).toMatchObject({ expected: letter, options: [letter] });
  // the first sample that was asked got that letter, the others a text that begins with A
  const given = records.find(({ calls: [call] }) => call!.texts[0] === `${letter}.`)!;
  const isRight = given.events[0]!.data["expected"] === letter;
  expect(given.scores["accuracy"]!.value).toBe(isRight ? 1 : 0);
});

test("MultipleChoice reads the hub's files and tables beside them", async () => {
  const parquet = (path: string, rows: typeof questions) => {
    const column = (name: "ctx" | "label") => ({ name, data: rows.map((row) => row[name]) });
    const endings = {
      name: "endings",
      data: rows.map((row) => row.endings),
      type: "JSON" as const,
    };
    return mkdir(dirname(join(directory, path)), { recursive: true }).then(() =>
      parquetWriteFile({
        filename: join(directory, path),
        columnData: [column("ctx"), endings, column("label")],
      }),
    );
  };
  const shard = (i: number) => `hub/Rowan/hellaswag/data/validation-0000${i}-of-00002.parquet`;
  await parquet(shard(0), questions.slice(0, 6));
  const run = (name: string, folder: string) =>
    evalRun(name, "--model", "dummy", "--data-dir", folder, "--log", `${folder}-${name}.jsonl`);
  const half = await run("a", "hub");
  expect([half.code, half.stderr]).toEqual([1, expect.stringContaining("expected 2 files")]);
  await parquet(shard(1), questions.slice(6));
  await run("a", "hub");
  await run("a", "plain");
  const headers = await Promise.all(
    ["hub-a", "plain-a"].map(async (name) => {
      const { header } = await readEvalLog(join(directory, `${name}.jsonl`));
      return [header.samples, header.dataHash];
    }),
  );
  expect(headers[0]).toEqual(headers[1]);

  const csv = 'question,choices,answer\nsum?,"[""1"",""2""]",1\n';
  await file("tables/hendrycks_test/abstract_algebra/test.csv", csv);
  const algebra = await run("algebra.test.v1", "tables");
  expect(algebra.code).toBe(0);
  const { records } = await readEvalLog(join(directory, "tables-algebra.test.v1.jsonl"));
  expect(records[0]!.calls[0]!.messages[0]!.content).toMatch(
    /\n\nsum\?\n[AB]\) [12]\n[AB]\) [12]$/,
  );
});

test("MultipleChoice says what it lacks", async () => {
  const refused = async (argv: string[], code: number, message: string) => {
    const outcome = await evalRun(...argv, "--model", "dummy");
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
  };
  await refused(
    ["a"],
    2,
    "datasets/Rowan/hellaswag and put it at DIR/hellaswag/data/validation-00",
  );
  await refused(
    ["algebra.test.v1", "--data-dir", "."],
    1,
    join(directory, "hendrycks_test/abstract_algebra/test-00000-of-00001.parquet"),
  );
  await refused(["odd.test.v1", "--data-dir", "."], 2, "expected hf://NAME?split=SPLIT");
  await file("bad/hellaswag/validation.jsonl", '{"ctx": "x", "endings": ["a"], "label": ""}\n');
  await refused(["a", "--data-dir", "bad"], 1, 'row 1: expected a text "ctx"');
});
