import { afterAll, beforeAll, expect, test } from "vitest";
import type { BatchImage } from "../data/batch.ts";
import { gridPatches, gridPositions, type ImageGrid, tokenSide } from "../model/image/geometry.ts";
import { imageTokens } from "../model/image/image-tokens.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { specialTokens } from "../model/text/special-tokens.ts";
import { mismatches } from "../tensor/_op-fixture.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { openTraining, tinyModel } from "./_training-fixture.ts";
import { graphRows, imageRows } from "./image-rows.ts";
import type { StepBatch } from "./stepper.ts";

const model = {
  ...tinyModel,
  vision: { embedDim: 16, layers: 2, heads: 2, headDim: 8, mlpDim: 32, longestSide: 1024 },
};
const seqLen = 32;
const rowPatches = 96;
const settings = { step: 1, learningRate: 0.02, weightDecay: 0, clipNorm: 1e30 };
const small = { rows: 2, columns: 4 };
const tall = { rows: 4, columns: 3 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

/** An image of one colour, darker to the right. */
function shaded(grid: ImageGrid, colour: readonly number[]): ImagePixels {
  const width = grid.columns * tokenSide;
  const data = Uint8Array.from({ length: grid.rows * tokenSide * width * 3 }, (_, i) => {
    const column = Math.floor(i / 3) % width;
    return Math.round(colour[i % 3]! * (1 - column / width / 2));
  });
  return { grid, data };
}

const red = [250, 10, 10];
const blue = [10, 10, 250];

/** Each sequence: `<s>`, its images, and a label that is the only target. */
function batchOf(
  sequences: readonly { readonly images: readonly ImagePixels[]; readonly label: number }[],
  parts = 1,
): StepBatch {
  const batchSize = sequences.length;
  const tokens = new Int32Array(batchSize * seqLen);
  const targets = new Int32Array(batchSize * seqLen).fill(ignoredTarget);
  const placed: BatchImage[] = [];
  sequences.forEach(({ images, label }, row) => {
    const line = [specialTokens.bos];
    for (const pixels of images) {
      placed.push({ row, column: line.length, pixels });
      line.push(...imageTokens(pixels.grid, specialTokens));
    }
    tokens.set(line, row * seqLen);
    targets[row * seqLen + line.length - 1] = label;
  });
  const shape = { batchSize, seqLen, parts, rowPatches };
  return { tokens, targets, images: imageRows(placed, shape) };
}

test("every image token finds its patches, in whatever row they are", () => {
  const sequences = [[small, tall], [tall], [], [small, small, tall]];
  const images = sequences.flatMap((grids, row) => {
    let column = 1;
    return grids.map((grid, i) => {
      const image = { row, column, pixels: shaded(grid, [40 * row + 10, 60 * i + 5, 99]) };
      column += gridPositions(grid);
      return image;
    });
  });
  const rows = imageRows(images, { batchSize: 4, seqLen: 48, parts: 2, rowPatches })!;
  // parts of two sequences: 32 + 48 + 48 patches and 32 + 32 + 48 need two rows of 96 each
  expect(rows.rows).toBe(2);
  const shown = rows.images.filter((image) => image >= 0);
  expect(shown).toHaveLength(images.reduce((sum, { pixels }) => sum + gridPatches(pixels.grid), 0));
  for (const { row, column, pixels } of images) {
    const part = row < 2 ? 0 : 1;
    const patch = part * 2 * rowPatches + 4 * rows.places[row * 48 + column]!;
    expect(rows.placed.filter(({ first }) => first === patch)).toEqual([{ pixels, first: patch }]);
    expect(rows.positions[patch]).toBe(0);
    const second = part * 2 * rowPatches + 4 * rows.places[row * 48 + column + 1]!;
    expect(second).toBe(patch + 4);
    expect(rows.positions[second]).toBe(2);
  }
  expect(imageRows([], { batchSize: 4, seqLen: 48, parts: 2, rowPatches })).toBeUndefined();
});

test("loss and gradient do not depend on how images are packed, or on the parts", async () => {
  const sequences = [
    { images: [shaded(small, red)], label: 20 },
    { images: [shaded(tall, blue), shaded(small, blue)], label: 21 },
    { images: [], label: 22 },
    { images: [shaded(tall, red)], label: 23 },
  ];
  const measure = async (order: readonly number[], parts: number) => {
    const options = { config: model, seqLen, rowPatches, parts };
    const training = await openTraining(runtime, options);
    const batch = batchOf(
      order.map((index) => sequences[index]!),
      parts,
    );
    const { loss, gradientNorm } = await training.stepper.step(batch, settings);
    training.release();
    return [loss, gradientNorm];
  };
  const plain = await measure([0, 1, 2, 3], 1);
  expect(plain[1]).toBeGreaterThan(0.1);
  for (const order of [
    [3, 2, 1, 0],
    [1, 0, 3, 2],
  ]) {
    expect(mismatches(await measure(order, 1), plain, 1e-5)).toEqual([]);
    expect(mismatches(await measure(order, 2), plain, 1e-5)).toEqual([]);
  }
});

test("a step learns what only the pixels tell", async () => {
  const sequences = [red, blue, red, blue].map((colour, i) => ({
    images: [shaded(i < 2 ? small : tall, colour)],
    label: colour === red ? 20 : 21,
  }));
  const training = await openTraining(runtime, { config: model, seqLen, rowPatches });
  const losses: number[] = [];
  for (let step = 1; step <= 40; step++) {
    const { loss } = await training.stepper.step(batchOf(sequences), { ...settings, step });
    losses.push(loss);
  }
  training.release();
  // a blind model cannot go below ln 2
  expect(losses.at(-1)).toBeLessThan(0.1);
});

test("graphs are made for few numbers of rows, with at most a fifth of padding where rows are many", () => {
  const numbers = Array.from({ length: 64 }, (_, i) => graphRows(i + 1));
  expect([...new Set(numbers)]).toEqual([
    ...[1, 2, 4, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64],
  ]);
  numbers.forEach((rows, i) => {
    expect(rows).toBeGreaterThanOrEqual(i + 1);
    if (i >= 8) expect((rows - (i + 1)) / rows).toBeLessThanOrEqual(0.2);
  });
});
