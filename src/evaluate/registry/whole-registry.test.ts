import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sharedPath, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { openEvalLog } from "../log/eval-log.ts";
import { logHeader } from "../log/log-header.ts";
import { runEval } from "../run/run-eval.ts";
import { standInModel } from "../run/stand-in-model.fixture.ts";
import { evalTask, isSupportedClass } from "./classes/eval-classes.ts";
import { Registry } from "./registry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-registry-"));
});
afterEach(() => rm(folder, { recursive: true }));

const root = sharedPath("openai-evals");

test("every evaluation of a real registry loads all its samples, asks and reports", async (context) => {
  context.skip(root === undefined, withoutSharedData);
  const registry = new Registry([root!]);
  const names = [...(await registry.entries("evals")).keys()].filter((name) => name.includes("."));
  expect(names.length).toBeGreaterThan(70);
  const without: string[] = [];
  let asked = 0;
  for (const name of names) {
    const spec = await registry.evalSpec(name);
    expect([name, isSupportedClass(spec.cls)]).toEqual([name, true]);
    const models = ["A", "B"].map((text) => standInModel(() => text));
    const policies = spec.args["multicomp_n"] === "from_models" ? models : models.slice(0, 1);
    const options = { spec, registry, args: spec.args, directory: folder, maxSamples: undefined };
    const task = await evalTask({ ...options, policies: policies.length });
    const all = await task.samples().catch((error: Error) => error);
    if (all instanceof Error) {
      expect(all.message).toMatch(/found neither .*; fetch the registry's data/);
      without.push(name);
      continue;
    }
    expect([name, all.length > 0]).toEqual([name, true]);
    const samples = all.slice(0, 3);
    const path = join(folder, `${name.replaceAll("/", "-")}.jsonl`);
    const header = logHeader({
      ...{ task: task.name, arguments: spec.args, models: ["stand-in"], grader: null },
      ...{ seed: 1, maxSamples: 3, samples },
    });
    const log = await openEvalLog(path, header);
    const run = { task, samples, policies, grader: models[0]!, seed: 1, concurrency: 3, log };
    for await (const { record } of runEval({ ...run, done: new Map() })) {
      expect([record.id, record.error]).toEqual([record.id, undefined]);
    }
    await log.close();
    asked += models.reduce((sum, model) => sum + model.asked.length, 0);
    const { report } = JSON.parse((await readFile(path, "utf8")).trim().split("\n").at(-1)!);
    expect([name, Object.keys(report).length > 0]).toEqual([name, true]);
  }
  expect(without).toEqual([
    // the data of these were not collected
    "arithmetic-expression-meta.dev.v0",
    "knot-theory-code-conversion.dev.v0",
    "knot-theory-unknotting-number.dev.v0",
  ]);
  expect(asked).toBeGreaterThan(names.length);
}, 60_000);
