import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliOutcome, runCli } from "../src/cli/run-cli.fixture.ts";

interface SealedPart {
  readonly sealed: { readonly target: { readonly loss: string } };
}

/** The whole way of a forecast through the command line, with runs of a second each. */

const recipe = `
name: tiny
vocabSize: 320
testItems: 5
split: { validation: 0.1, heldout: 0.1 }
sources:
  - { name: arithmetic, primer: arithmetic, licence: Apache-2.0, maxBytes: 60000 }
  - { name: functions, primer: functions, loss: code, licence: Apache-2.0, maxBytes: 60000 }
`;
const ladder = ["tiny", "--seeds", "2,1,1,1,1", "--tokens-per-parameter", "1", "--threads", "1"];
const target = ["--target-depth", "7"];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-way-"));
  await writeFile(join(directory, "tiny.yaml"), recipe);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const cli = (...argv: string[]): Promise<CliOutcome> => runCli(argv, { directory });

async function json(...argv: string[]) {
  const { code, stdout, stderr } = await cli(...argv, "--json");
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test("data is built once and shown", async () => {
  const built = await json("data", "build", "tiny.yaml");
  expect(built.manifest.losses.map(({ name }: { name: string }) => name)).toEqual(["text", "code"]);
  expect((await cli("data", "build", "tiny.yaml")).stderr).toContain("unchanged");
  const shown = await cli("data", "show", "tiny");
  expect(shown.stdout).toContain(built.folder);
  expect(shown.stdout).toMatch(/functions +code/);
  const missing = await cli("data", "show", "nothing");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("tiny-")]);
});

test("nothing is forecast before the ladder is run, and wrong flags say what is right", async () => {
  const early = await cli("scaling", "forecast", ...ladder, ...target);
  expect(early.code).toBe(1);
  expect(early.stderr).toMatch(/missing ladder-d1-s1, .*foretoken scaling ladder/);
  const seeds = await cli("scaling", "ladder", "tiny", "--seeds", "1,2");
  expect([seeds.code, seeds.stderr]).toEqual([2, expect.stringMatching(/^--seeds: expected one/)]);
  const neither = await cli("scaling", "forecast", ...ladder);
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining("--target-compute")]);
});

test("a ladder is planned for a share of the target's compute", async () => {
  const plan = ["scaling", "plan", "tiny", "--tokens-per-parameter", "1", "--target-depth", "12"];
  const { rungs, flops, targetFlops, deviation } = await json(...plan, "--budget-share", "0.1");
  expect(flops).toBeLessThanOrEqual(0.1 * targetFlops);
  expect(rungs.length).toBeGreaterThanOrEqual(4);
  expect(deviation).toBeGreaterThan(0.004);
  const shown = await cli(...plan, "--budget-share", "0.1");
  const depths = rungs.map(({ depth }: { depth: number }) => depth).join(",");
  expect(shown.stdout).toContain(`--depths ${depths} --seeds `);
  const little = await cli(...plan, "--budget-share", "0.00001");
  expect([little.code, little.stderr]).toEqual([3, expect.stringContaining("do not buy 4 sizes")]);
  const neither = await cli("scaling", "plan", "tiny");
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringContaining("--target-depth or")]);
});

test("the ladder runs once; its law is fitted", async () => {
  const { runs } = await json("scaling", "ladder", ...ladder);
  expect(runs).toHaveLength(6);
  expect(new Set(runs.map(({ seed }: { seed: number }) => seed))).toEqual(new Set([1, 1001]));
  expect(runs.every(({ status }: { status: string }) => status === "done")).toBe(true);
  const again = await cli("scaling", "ladder", ...ladder);
  expect(again.stderr.match(/was done already/g)).toHaveLength(6);
  const { fit } = await json("scaling", "fit", ...ladder);
  expect(fit.law.b).toBeLessThan(0);
  expect(fit.levels).toHaveLength(5);
}, 300_000);

test("the ends of the ladder are run at other learning rates", async () => {
  const checked = await cli(
    "scaling",
    "ladder",
    ...ladder,
    "--check-rates",
    "--check-coordinates",
    "--json",
  );
  const { runs, health } = JSON.parse(checked.stdout);
  expect(runs).toHaveLength(6); // the ladder's own, which were done
  expect(health.rates).toHaveLength(2);
  expect(checked.code).toBe(health.problem === undefined ? 0 : 1);
  const table = await json("runs");
  const names = table.runs.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(["ladder-d1-s1-rate-x0.5", "ladder-d5-s1-rate-x2"]));
});

test("passes are counted run by run, and not asked twice", async () => {
  const flags = ["--task", "functions", "--samples", "3", "--questions", "8", "--threads", "1"];
  const count = (run: string, ...more: string[]) =>
    json("measure", "passes", run, ...flags, ...more, "--out", "counts.jsonl");
  const first = await count("ladder-d1-s1");
  expect(first).toMatchObject({ questions: 8, asked: 24 });
  expect(await count("ladder-d1-s1")).toMatchObject({ questions: 0, asked: 0 });
  const counts = join(directory, "counts.jsonl");
  await truncate(counts, (await readFile(counts)).length - 20); // as a kill may leave it
  expect(await count("ladder-d1-s1")).toMatchObject({ questions: 1, asked: 3 });
  for (const run of ["ladder-d2-s1", "ladder-d3-s1"]) await count(run);
  const lines = (await readFile(join(directory, "counts.jsonl"), "utf8")).trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line));
  expect(rows).toHaveLength(24);
  expect(new Set(rows.map(({ difficulty }) => difficulty))).toEqual(new Set([1, 2, 3, 4]));
  expect(new Set(rows.map(({ compute }) => compute)).size).toBe(3);

  const forecast = ["scaling", "capability", "--data", "counts.jsonl", "--target-compute", "1e15"];
  const short = await cli(...forecast);
  expect([short.code, short.stderr]).toEqual([
    3,
    expect.stringContaining("expected 5 or more pro"),
  ]);
  const seldom = await cli(...forecast, "--buckets", "1", "--hardest", "0"); // none was passed
  expect([seldom.code, seldom.stderr]).toEqual([3, expect.stringContaining("more passes in a")]);
  const unknown = await cli("measure", "passes", "ladder-d1-s1", "--task", "x", "--out", "y.jsonl");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringContaining("arithmetic, functions"),
  ]);
});

test("a target is sealed before its first step, trained, scored once, and the ledger holds", async () => {
  const { forecast } = await json("scaling", "forecast", ...ladder, ...target);
  const sealed = await json("scaling", "seal", ...ladder, ...target);
  expect(sealed.forecast.lossNats).toBe(forecast.lossNats);
  expect(sealed.forecast.fitRuns).toHaveLength(6);
  const again = await json("scaling", "seal", ...ladder, ...target);
  expect(again.entry.hash).toBe(sealed.entry.hash);
  const parts = sealed.parts.map(({ sealed: { target: part } }: SealedPart) => part.loss);
  expect(parts).toEqual(["text", "code"]);

  const early = await cli("scaling", "score", sealed.run);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("not in this workspace")]);
  const { run } = await json("train", "--resume", sealed.run);
  expect(run).toMatchObject({ id: sealed.run, status: "done", kind: "target" });
  const { scores } = await json("scaling", "score");
  expect(scores).toHaveLength(3);
  const total = { targetId: sealed.run, loss: "total", actual: run.lossNats };
  expect(scores[0]).toMatchObject(total);
  expect(scores[2]).toMatchObject({ loss: "code", actual: run.losses.code.nats });
  expect((await json("scaling", "score")).scores).toEqual([]);
  expect((await json("scaling", "score", sealed.run)).scores[0]).toEqual(scores[0]);

  expect((await json("scaling", "ledger")).entries).toHaveLength(6);
  expect((await json("scaling", "verify", "--hash", sealed.entry.hash)).isIntact).toBe(true);
  const done = await cli("train", "--resume", sealed.run);
  expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("is done already")]);
}, 300_000);

test("a target that was started without a seal is refused", async () => {
  const started = ["--depth", "6", "--seed", "1", "--tokens-per-parameter", "1", "--threads", "1"];
  const stop = new AbortController();
  stop.abort();
  const flags = ["train", "tiny.yaml", ...started, "--name", "ladder-d6-s1", "--json"];
  const interrupted = await runCli(flags, { directory, signal: stop.signal });
  expect(JSON.parse(interrupted.stdout).run).toMatchObject({ status: "interrupted", steps: 1 });
  const refused = await cli("scaling", "seal", ...ladder, "--target-depth", "6");
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringMatching(/was started without a seal \(status interrupted\)/),
  ]);
}, 120_000);

test("runs are listed and a trained one is exported", async () => {
  const { runs } = await json("runs");
  expect(runs).toHaveLength(12);
  const out = join(directory, "exported");
  await json("export", "ladder-d1-s1", "--to", "hf", "--out", out);
  expect(await readdir(out)).toContain("model.safetensors");
});
