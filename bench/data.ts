/**
 * `npm run bench data`: builds a data set of 100 MB of generated text (`-- --only 500` of 500 MB)
 * with near duplicates, 10,000 evaluation items, tokenizer and tokens, then reads every training
 * window once. What was planted in the text must have been found.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { buildDataset } from "../src/data/build.ts";
import type { DataEvent } from "../src/data/data-event.ts";
import { openDataset } from "../src/data/dataset.ts";
import {
  plantedEvaluations,
  plantedFindings,
  plantedSource,
  plantedSplit,
  writePlantedCorpus,
} from "../src/data/planted-corpus.fixture.ts";
import { parseRecipe } from "../src/data/recipe.ts";
import { type Bench, formatNumber, type Row } from "./harness.ts";
import { ResidentMemory } from "./resident-memory.ts";

/** Megabytes of text; the first is measured when none is named. */
const sizes = ["100 MB", "500 MB"] as const;
const pairs = 200;
const planted = 50;
const window = { seed: 1, batchSize: 16, seqLen: 1024 };

/** Every stage in MB of source text a second, and the resident memory of the process. */
export const bench: Bench = {
  description: "build of a data set from text on disk, near duplicates and evaluation items out",
  async run({ only, print }) {
    const rows: Row[] = [];
    for (const size of only === "" ? [sizes[0]] : sizes.filter((name) => name.startsWith(only))) {
      const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-data-"));
      try {
        rows.push(...(await measure(folder, size, print)));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return rows;
  },
};

async function measure(
  folder: string,
  size: (typeof sizes)[number],
  print: (line: string) => void,
): Promise<Row[]> {
  const bytes = Number.parseInt(size, 10) * 1e6;
  const corpus = await writePlantedCorpus(folder, {
    bytes,
    pairs,
    planted,
    items: 10_000,
    seed: 1,
  });
  print(`${size}: ${corpus.documents} documents written`);
  const memory = new ResidentMemory();
  const { times, datasetFolder } = await build(folder, { bytes: corpus.bytes, memory });
  const findings = await plantedFindings(datasetFolder, corpus);
  assert.deepEqual(findings, { near: pairs, far: 0, items: planted, others: 0 });
  print(
    `${size}: removed ${findings.near} of ${pairs} pairs at Jaccard 0.9, ${findings.far} of ${pairs} at 0.5, ${findings.items} of ${planted} documents with evaluation items, ${findings.others} others`,
  );
  times.seconds["read all windows"] = await readWindows(datasetFolder, memory);
  memory.stop();
  print(describe(times.seconds));
  print(`processor time, all threads: ${describe(times.processor)}`);
  const megabytes = corpus.bytes / 1e6;
  const rates = (kind: Readonly<Record<string, number>>, unit: string) =>
    Object.entries(kind).map(([stage, value]) => row(`${size}, ${stage}`, megabytes / value, unit));
  return [
    ...rates(times.seconds, "MB/s"),
    ...rates(times.processor, "MB/s of processor time"),
    row(`${size}, highest memory`, memory.peak / 1e6, "MB"),
    ...memory.phases.map(({ name, growth }) =>
      row(`${size}, memory growth, ${name}, 20 to 100 %`, growth / 1e6, "MB"),
    ),
  ];
}

const describe = (seconds: Readonly<Record<string, number>>): string =>
  Object.entries(seconds)
    .map(([stage, value]) => `${stage} ${formatNumber(value)} s`)
    .join(", ");

const row = (name: string, value: number, unit: string): Row => ({
  ...{ name, value, unit },
  baseline: null,
  ratio: null,
});

/** Seconds by stage. */
interface Times {
  /** As the build's own events tell them. */
  readonly seconds: Record<string, number>;
  /** Of all threads together; says more on a machine that has other work. */
  readonly processor: Record<string, number>;
}

async function build(
  folder: string,
  { bytes, memory }: { readonly bytes: number; readonly memory: ResidentMemory },
): Promise<{ readonly times: Times; readonly datasetFolder: string }> {
  const source = { ...plantedSource, licence: "CC0" };
  const recipe = parseRecipe(
    {
      ...{ name: "bench", vocabSize: 8192, split: plantedSplit },
      ...{ contamination: [plantedEvaluations], sources: [source] },
    },
    { where: "bench", baseFolder: folder },
  );
  const times: Times = { seconds: {}, processor: {} };
  const started = performance.now();
  let usage = process.cpuUsage();
  const events = buildDataset(recipe, { workspaceFolder: join(folder, "workspace") });
  for (;;) {
    const event = await events.next();
    if (event.done === true) {
      times.seconds["whole build"] = (performance.now() - started) / 1000;
      return { times, datasetFolder: event.value };
    }
    noteMemory(event.value, { bytes, memory });
    noteSeconds(event.value, times.seconds);
    if (event.value.type.endsWith("-start")) usage = process.cpuUsage();
    const stage = processorStages[event.value.type];
    if (stage === undefined) continue;
    const { user, system } = process.cpuUsage(usage);
    times.processor[stage] = (user + system) / 1e6;
  }
}

const processorStages: { readonly [type in DataEvent["type"]]?: string } = {
  "source-end": "first pass",
  "tokens-end": "tokenise",
};

function noteMemory(
  event: DataEvent,
  { bytes, memory }: { readonly bytes: number; readonly memory: ResidentMemory },
): void {
  if (event.type === "source-delta") memory.look("first pass", event.bytes / bytes);
  else if (event.type === "tokens-delta") memory.look("tokens", event.doneBytes / event.totalBytes);
  else memory.leave();
}

function noteSeconds(event: DataEvent, seconds: Record<string, number>): void {
  if (event.type === "source-end") {
    const { total, nearDuplicates, contamination } = event.seconds;
    seconds["read, normalise, spool"] = total - nearDuplicates - contamination;
    seconds["near duplicates"] = nearDuplicates;
    seconds["evaluation items"] = contamination;
  } else if (event.type === "tokenizer-end") {
    seconds["train tokenizer on a sample"] = event.seconds;
  } else if (event.type === "tokens-end") {
    seconds[`tokenise, ${availableParallelism()} threads`] = event.seconds;
  }
}

/** Seconds for one epoch of training batches. */
async function readWindows(datasetFolder: string, memory: ResidentMemory): Promise<number> {
  const dataset = await openDataset(datasetFolder);
  const started = performance.now();
  const steps = Math.floor(dataset.trainingTokens / (window.seqLen * window.batchSize));
  let targets = 0;
  for (let step = 0; step < steps; step++) {
    const batch = await dataset.batch({ ...window, step });
    targets += batch.targets.length;
    if (step % 16 === 0) memory.look("windows", step / steps);
  }
  const seconds = (performance.now() - started) / 1000;
  await dataset.close();
  assert.equal(targets, steps * window.seqLen * window.batchSize);
  return seconds;
}
