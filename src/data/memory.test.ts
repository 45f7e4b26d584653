import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, noImages, recipeOf } from "./build.fixture.ts";
import { ContaminationIndex } from "./contamination/contamination-index.ts";
import type { Source } from "./sources/source.ts";
import { collect } from "./steps/collect.ts";
import { Filters } from "./steps/filters.ts";
import { HashSet } from "./steps/hash-set.ts";
import { readSpool } from "./steps/spool.ts";

const mebibyte = 2 ** 20;

/** 8 kB documents without an end, each different. */
const endless: Source = {
  fingerprint: async () => "endless",
  async *documents() {
    const body = "word ".repeat(1600);
    for (let i = 0; ; i++)
      yield { id: String(i), source: "s0", text: `${i} ${body}`, hasSpecialTokens: false };
  },
};

test("memory stays flat however much a source gives", async () => {
  const scratchFolder = await folderWith({});
  const description = recipeOf("/", [
    { folder: ".", maxBytes: 96 * mebibyte, split: { validation: 0, heldout: 0 } },
  ]).sources[0]!;
  let start = 0;
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
    start ||= peak; // after the first megabytes: buffers and compiled code are there
  };
  const index = await ContaminationIndex.build([], { seed: 1 });
  const recipe = recipeOf("/", [{ folder: "." }]);
  const filters = await Filters.open({ recipe, index, scratchFolder });
  const pass = collect(description, endless, {
    ...{ seen: new HashSet(), scratchFolder },
    ...{ filters, images: noImages, maxBrokenShare: 0 },
  });
  for await (const event of pass) if (event.type === "source-delta") look();
  let bytes = 0;
  for await (const document of readSpool(join(scratchFolder, "s0.train.spool"))) {
    bytes += document.bytes.length;
    if (bytes % (5 * mebibyte) < document.bytes.length) look();
  }
  expect(bytes).toBeGreaterThanOrEqual(96 * mebibyte);
  // Tables of near duplicates and garbage that waits for the collector; holding the text would
  // take 96 MiB and more.
  expect(peak - start).toBeLessThan(80 * mebibyte);
});
