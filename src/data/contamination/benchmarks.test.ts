import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { Random } from "../random.ts";
import { ContaminationIndex, type EvaluationItem } from "./contamination-index.ts";
import { evaluationItems } from "./evaluation-items.ts";
import { lettersAndDigits } from "./letters-and-digits.ts";
import { passageLength } from "./passage.ts";
import { respelled } from "./questions.fixture.ts";

const benchmarks = [process.env["FORETOKEN_TEST_DATA"], "shared/data", "../shared/data"]
  .flatMap((folder) => (folder === undefined ? [] : [resolve(folder, "benchmarks")]))
  .find((folder) => existsSync(folder));

async function benchmarkItems(baseFolder: string): Promise<EvaluationItem[]> {
  const items: EvaluationItem[] = [];
  const recipe = { sources: [], seed: 1, testItems: 0, baseFolder };
  const paths = ["gsm8k/test.jsonl", "humaneval"];
  const places = { recipe, paths, datasetsFolder: resolve(baseFolder, "none") };
  for await (const item of evaluationItems(places)) items.push(item);
  return items;
}

test("planted questions of GSM8K and HumanEval are found, in Shakespeare none is", async (context) => {
  const play = sharedText("benchmarks/tinyshakespeare/input.txt");
  if (benchmarks === undefined || play === undefined) return context.skip(withoutSharedData);
  const items = await benchmarkItems(benchmarks);
  const index = await ContaminationIndex.build(items, { seed: 1 });
  expect(Object.fromEntries(index.sets)).toEqual({
    "gsm8k/test": 1_319,
    "humaneval/HumanEval": 164,
  });
  const scenes = Array.from({ length: 1_000 }, (_, i) => play.slice(i * 1_100, (i + 1) * 1_100));
  expect(scenes.flatMap((scene) => index.check(scene))).toEqual([]);
  const random = new Random(2);
  for (const { set, id, text } of items) {
    const scene = random.pick(scenes);
    const isShort = lettersAndDigits(text).length < passageLength;
    const planted = respelled(text, random);
    const document = isShort ? planted : `${scene.slice(0, 500)} ${planted} ${scene.slice(500)}`;
    expect(index.check(document)).toContainEqual(expect.objectContaining({ set, id }));
  }
});
