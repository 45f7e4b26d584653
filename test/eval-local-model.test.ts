import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { tinyConfig, tinyParameters } from "../src/generate/generate.fixture.ts";
import { saveModel } from "../src/model/checkpoint.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-local-"));
  const config = { ...tinyConfig, maxSeqLen: 128 };
  const loaded = { config, parameters: tinyParameters(), tokenizer: byteTokenizer() };
  await saveModel(join(directory, "tiny"), loaded);
  for (const folder of ["evals", "data/few"]) {
    await mkdir(join(directory, "registry", folder), { recursive: true });
  }
  await writeFile(
    join(directory, "registry/evals/few.yaml"),
    "few:\n  id: few.v0\n  metrics: [accuracy]\nfew.v0:\n  class: evals.elsuite.basic.match:Match\n  args:\n    samples_jsonl: few/samples.jsonl\n",
  );
  const lines = ["a", "b", "c"].map((content) =>
    JSON.stringify({ input: [{ role: "user", content }], ideal: "x" }),
  );
  await writeFile(join(directory, "registry/data/few/samples.jsonl"), lines.join("\n"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const evalRun = (...flags: string[]) =>
  runCli(
    [
      "eval",
      "run",
      "few",
      "--registry",
      "registry",
      "--model",
      "./tiny",
      "--log",
      "run.jsonl",
      ...flags,
    ],
    { directory },
  );

test("a checkpoint is asked as a remote model is; answers without a limit of their own end", async () => {
  const { code, stdout } = await evalRun("--answer-tokens", "5", "--threads", "1");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/accuracy +3 +0\.0000/)]);
  const { header, records } = await readEvalLog(join(directory, "run.jsonl"));
  expect(records).toHaveLength(3);
  for (const { calls } of records) {
    expect(calls[0]).toMatchObject({ arguments: {}, usage: { completion_tokens: 5 } });
  }
  expect(header).toMatchObject({
    ...{ arguments: { samples_jsonl: "few/samples.jsonl" }, models: ["./tiny"] },
    modelSettings: { "./tiny": { dtype: "stored", answerTokens: 5 } },
    given: { task: "few", registry: ["registry"], answerTokens: 5, threads: 1 },
    machine: { node: process.versions.node },
    codeVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  const other = await evalRun("--answer-tokens", "6");
  expect([other.code, other.stderr]).toEqual([
    2,
    expect.stringContaining("answerTokens was 5, now it is 6"),
  ]);
});
