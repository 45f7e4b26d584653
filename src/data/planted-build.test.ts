import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "./build.fixture.ts";
import { readManifest } from "./manifest.ts";
import {
  plantedEvaluations,
  plantedFindings,
  plantedSource,
  plantedSplit,
  writePlantedCorpus,
} from "./planted-corpus.fixture.ts";

test("of a planted corpus goes what was planted to go, and nothing else", async () => {
  const base = await folderWith({});
  const plan = { bytes: 2.5e6, pairs: 200, items: 2_000, planted: 50, seed: 1 };
  const corpus = await writePlantedCorpus(base, plan);
  const recipe = recipeOf(base, [plantedSource], {
    split: plantedSplit,
    contamination: [plantedEvaluations],
  });
  const { folder, events } = await buildAll(recipe, join(base, "w"));
  const findings = await plantedFindings(folder, corpus);
  expect(findings).toEqual({ near: 200, far: 0, items: 50, others: 0 });
  const { contamination, sources } = await readManifest(folder);
  expect(contamination.sets).toEqual({ "exam/items": 2_000 });
  const { documents, nearDuplicates, contaminated, duplicates } = sources[0]!;
  expect({ nearDuplicates, contaminated, duplicates }).toEqual({
    nearDuplicates: 200,
    contaminated: 50,
    duplicates: 0,
  });
  const kept = documents.train + documents.validation + documents.heldout;
  expect(kept).toBe(corpus.documents - 250);
  const end = events.find((event) => event.type === "source-end");
  const { total, ...filters } = end!.seconds;
  for (const seconds of Object.values(filters)) expect(seconds).toBeGreaterThan(0);
  expect(filters.nearDuplicates + filters.contamination).toBeLessThan(total);
});
