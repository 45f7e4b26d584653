/**
 * `npm run bench data-wait`: the share of real training that waits for its data. The data set is
 * built of pictures of the training benchmark's sizes, one in every second sequence, each seen once.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { buildDataset } from "../src/data/build.ts";
import { readManifest } from "../src/data/manifest.ts";
import { parseRecipe } from "../src/data/recipe.ts";
import { encodePng } from "../src/model/image/decode-image.ts";
import { gridPositions, type ImageGrid, tokenSide } from "../src/model/image/geometry.ts";
import { fitGrid } from "../src/model/image/resize-rule.ts";
import { imageMark } from "../src/model/text/special-tokens.ts";
import { Random } from "../src/statistics/random.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import { type RunSettings, settingsFromDial } from "../src/train/run-settings.ts";
import type { StepEvent } from "../src/train/train-event.ts";
import { createRun, type TrainingContext, trainRun } from "../src/train/train-run.ts";
import { openWorkspace } from "../src/workspace/workspace.ts";
import { type Bench, type Row, summarise } from "./harness.ts";
import { imageSizes, trainCases } from "./train-cases.ts";
import type { TrainShape } from "./train-stepper.ts";

const documents = 400;
const steps = 16;

/** The benchmark; a share at or above 0.02 is more than training should wait. */
export const bench: Bench = {
  description: `share of the time that waits for data, steps 2 to ${steps}, images decoded as they come`,
  async run({ only, print }) {
    const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-"));
    const workspace = await openWorkspace(join(folder, "home"));
    const runtime = await openRuntime({ threads: availableParallelism() });
    try {
      const shapes = trainCases.map(({ shape }) => shape).filter(({ images }) => images.length > 0);
      const rows: Row[] = [];
      for (const shape of shapes.filter(({ name }) => name.startsWith(only))) {
        const dataset = await build(folder, shape, workspace.folder);
        const { vocabSize } = (await readManifest(dataset)).tokenizer;
        const settings = settingsOf(shape, { dataset, vocabSize, threads: runtime.threads });
        const events = await train({ workspace, runtime }, settings);
        rows.push(rowOf(shape, events, print));
      }
      return rows;
    } finally {
      runtime.release();
      await workspace.close();
      await rm(folder, { recursive: true });
    }
  },
};

/** A data set whose documents fill a sequence each; the folder of it. */
async function build(folder: string, { seqLen }: TrainShape, home: string): Promise<string> {
  const random = new Random(1);
  const name = `documents-${seqLen}`;
  const lines: string[] = [];
  for (let i = 0; i < documents; i++) {
    const [width, height] = imageSizes[(i >> 1) % imageSizes.length]!;
    const grid = fitGrid(width, height);
    const hasImage = i % 2 === 0;
    const length = seqLen - 2 - random.integer(20) - (hasImage ? gridPositions(grid) : 0);
    const text = randomText(length, random);
    const image = `image-${i}.png`;
    if (hasImage) await writeFile(join(folder, image), await encodePng(picture(grid, random)));
    const record = hasImage ? { text: imageMark + text, images: [image] } : { text };
    lines.push(JSON.stringify(record));
  }
  await writeFile(join(folder, `${name}.jsonl`), lines.join("\n"));
  const source = { name: "pictures", jsonl: `${name}.jsonl`, licence: "CC0-1.0" };
  const recipe = parseRecipe(
    {
      ...{ name, tokenizer: "byte", testItems: 0, sources: [source] },
      ...{ nearDuplicates: false, nearDuplicateImages: false },
    },
    { where: name, baseFolder: folder },
  );
  const building = buildDataset(recipe, { workspaceFolder: home, threads: 1 });
  for (;;) {
    const { done, value } = await building.next();
    if (done) return value;
  }
}

/** Lower-case letters. */
function randomText(length: number, random: Random): string {
  return String.fromCharCode(...Array.from({ length }, () => 97 + random.integer(26)));
}

/** A picture that compresses about as a photograph does: waves with a little noise. */
function picture(grid: ImageGrid, random: Random) {
  const width = grid.columns * tokenSide;
  const waves = Array.from({ length: 3 }, () => [random.uniform(), random.uniform()] as const);
  const data = Uint8Array.from({ length: grid.rows * tokenSide * width * 3 }, (_, at) => {
    const [across, down] = waves[at % 3]!;
    const pixel = Math.floor(at / 3);
    const phase = (across * (pixel % width) + down * Math.floor(pixel / width)) / 8;
    return 128 + 110 * Math.sin(phase) + random.integer(8);
  });
  return { grid, data };
}

function settingsOf(
  { model, batchSize, seqLen }: TrainShape,
  rest: Pick<RunSettings, "dataset" | "threads"> & { readonly vocabSize: number },
): RunSettings {
  const { dataset, threads, vocabSize } = rest;
  const overrides = {
    ...{ depth: null, model: { ...model, vocabSize }, batchSize, seqLen, steps },
    ...{ checkpointEvery: 2 * steps, validateEvery: 2 * steps },
  };
  const choices = { depth: 1, seed: 1, device: "cpu", dataset, threads, vocabSize } as const;
  return settingsFromDial({ ...choices, overrides });
}

async function train(context: TrainingContext, settings: RunSettings): Promise<StepEvent[]> {
  const id = await createRun(context, { kind: "train", settings, flags: {} });
  const events: StepEvent[] = [];
  for await (const event of trainRun(context, id)) {
    if (event.type === "step-delta") events.push(event);
  }
  return events;
}

/** Against the median step, since some steps compile; nothing can be made ready before the first. */
function rowOf(
  shape: TrainShape,
  events: readonly StepEvent[],
  print: (line: string) => void,
): Row {
  const seconds = (event: StepEvent) => (shape.batchSize * shape.seqLen) / event.tokensPerSecond;
  const waited = (event: StepEvent) => event.dataShare * seconds(event);
  const rest = events.slice(1);
  const { median, minimum } = summarise(rest.map(seconds));
  const sum = rest.reduce((total, event) => total + waited(event), 0);
  const slowest = Math.max(...rest.map(waited));
  const milliseconds = (value: number) => `${(1000 * value).toFixed(1)} ms`;
  print(
    `${shape.name}: waited ${milliseconds(sum / rest.length)} a step, ${milliseconds(slowest)} at most; median step ${milliseconds(median)}, best ${milliseconds(minimum)}; first batch ${milliseconds(waited(events[0]!))}`,
  );
  const value = sum / rest.length / median;
  return { name: shape.name, value, unit: "of the time", baseline: null, ratio: null };
}
