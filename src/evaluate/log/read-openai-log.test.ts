import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sharedPath, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { readEvalLog } from "./eval-log.ts";
import { openAiLog } from "./openai-log.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-openai-log-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(...lines: readonly string[]): Promise<string> {
  const path = join(folder, "log.jsonl");
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

const spec = JSON.stringify({
  spec: {
    ...{ eval_name: "joke.dev.v0", base_eval: "joke", split: "dev", run_id: "r1" },
    ...{ completion_fns: ["m"], created_at: "2026-11-23 00:37:45.391804" },
    run_config: { eval_spec: { cls: "x:Match", args: { a: 1 }, group: "joke" }, seed: 7 },
  },
});

/** An event as the framework writes it. */
function event(sample: string, type: string, data: string, number = 0): string {
  return `{"run_id": "r1", "event_id": ${number}, "sample_id": "${sample}", "type": "${type}", "data": ${data}, "created_by": "", "created_at": "2026-11-23 00:37:46.000000+00:00"}`;
}

test("a log that the Python framework wrote is read sample by sample", async (context) => {
  const name = "excerpts/log.icelandic-inflection-easy.dev.v0.jsonl";
  const path = sharedPath(`openai-evals-golden/${name}`);
  context.skip(path === undefined, withoutSharedData);
  const { header, records, end } = await readEvalLog(path!);
  expect(header).toMatchObject({ models: ["fake"], dataHash: null, samples: 5 });
  expect(header.time).toBe("2026-11-23T00:37:45.391Z");
  expect(end!.report).toEqual({ accuracy: 0.2 });
  expect(records.map(({ scores }) => scores["accuracy"]!.value)).toEqual([1, 0, 0, 0, 0]);
  expect(records[0]!.calls[0]!.messages).toHaveLength(2);
  expect(records[0]!.calls[0]!.texts[0]).toContain("palestínskur");
});

test("the report may stand before the samples, and NaN in both", async () => {
  const path = await written(
    spec,
    '{"final_report": {"score": NaN, "counts/A": 1}, "run_id": "r1"}',
    event("joke.dev.10", "sampling", '{"prompt": "Why?", "sampled": "Because"}'),
    event("joke.dev.10", "metrics", '{"choice": "A", "score": NaN, "metascore": true}', 1),
    event("joke.dev.2", "match", '{"correct": true, "picked": "yes"}', 2),
  );
  const { header, records, end } = await readEvalLog(path);
  expect(header).toMatchObject({ task: "joke.dev.v0", seed: 7, arguments: { a: 1 } });
  expect(end!.report).toEqual({ score: Number.NaN, "counts/A": 1 });
  expect(records.map(({ id }) => id)).toEqual(["joke.dev.2", "joke.dev.10"]);
  expect(records[1]!.scores).toEqual({
    score: { value: null, answer: "A" },
    metascore: { value: 1, answer: "A" },
  });
  expect(records[1]!.calls[0]).toMatchObject({ model: "m", texts: ["Because"] });
});

test("a log of ours in their form is read back with its scores", async () => {
  const path = await written(spec, event("joke.dev.0", "match", '{"correct": false}'));
  const log = await readEvalLog(path);
  const again = await written([...openAiLog(log, { spec: undefined, command: "" })].join(""));
  expect((await readEvalLog(again)).records[0]!.scores).toEqual(log.records[0]!.scores);
});

test("a torn last line is left out, any other that is none is named", async () => {
  const path = join(folder, "torn.jsonl");
  const whole = `${spec}\n${event("joke.dev.0", "match", '{"correct": true}')}\n`;
  await writeFile(path, `${whole}{"run_id": "r1", "sam`);
  expect((await readEvalLog(path)).records).toHaveLength(1);
  await writeFile(path, `${spec}\n{"odd": 1}\n`);
  await expect(readEvalLog(path)).rejects.toThrow(/line 2: expected a line of openai\/evals' log/);
});
