/** The shapes of the training benchmark. */
import { type BatchImage, toBatch } from "../src/data/batch.ts";
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "../src/model/config.ts";
import { towerFor } from "../src/model/dial.ts";
import {
  gridTokens,
  type ImageGrid,
  longestPixelSide,
  tokenSide,
} from "../src/model/image/geometry.ts";
import { imageTokens } from "../src/model/image/image-tokens.ts";
import { fitGrid } from "../src/model/image/resize-rule.ts";
import { firstByteToken, specialTokens } from "../src/model/text/special-tokens.ts";
import { Random } from "../src/statistics/random.ts";
import type { TrainShape } from "./train-stepper.ts";

/** A shape and the steps timed in one turn, about a second's worth. */
export interface TrainCase {
  readonly shape: TrainShape;
  readonly stepsPerTurn: number;
}

/** Sides in pixels before they are resized; half of the sequences hold one image each. */
export const imageSizes = [
  ...[64, 96, 128, 160, 192, 224, 256].map((side) => [side, side] as const),
  [256, 128],
] as const;

/**
 * nanoGPT's two CPU shapes and a rung of a ladder, the largest and the smallest with images as well;
 * the MLP is 8/3 of the width, in 64s.
 */
export const trainCases: readonly TrainCase[] = [
  textCase(
    { layers: 6, embedDim: 384, seqLen: 256, batchSize: 16 },
    { heads: 6, mlpDim: 1024, vocabSize: 4096, stepsPerTurn: 2 },
  ),
  textCase(
    { layers: 4, embedDim: 128, seqLen: 64, batchSize: 12 },
    { heads: 4, mlpDim: 384, vocabSize: 65, stepsPerTurn: 30 },
  ),
  textCase(
    { layers: 2, embedDim: 64, seqLen: 128, batchSize: 8 },
    { heads: 4, mlpDim: 192, vocabSize: 512, stepsPerTurn: 60 },
  ),
  imageCase(
    { layers: 6, embedDim: 384, seqLen: 256, batchSize: 16 },
    { heads: 6, mlpDim: 1024, vocabSize: 4096, stepsPerTurn: 1 },
  ),
  imageCase(
    { layers: 2, embedDim: 64, seqLen: 128, batchSize: 16 },
    { heads: 4, mlpDim: 192, vocabSize: 512, stepsPerTurn: 30 },
  ),
];

interface Size {
  readonly layers: number;
  readonly embedDim: number;
  readonly seqLen: number;
  readonly batchSize: number;
}

interface Rest {
  readonly heads: number;
  readonly mlpDim: number;
  readonly vocabSize: number;
  readonly stepsPerTurn: number;
}

function nameOf({ layers, embedDim, seqLen, batchSize }: Size): string {
  return [layers, embedDim, seqLen, batchSize].join("/");
}

function modelOf({ layers, embedDim, seqLen }: Size, rest: Rest): ModelConfig {
  const { heads, mlpDim, vocabSize } = rest;
  return {
    ...{ vocabSize, embedDim, layers, heads, kvHeads: heads, headDim: embedDim / heads, mlpDim },
    ...{ maxSeqLen: seqLen, ropeTheta: defaultRopeTheta, rmsNormEps: defaultRmsNormEps },
  };
}

/** Random tokens; every next one is a target. */
function textCase(size: Size, rest: Rest): TrainCase {
  const { seqLen, batchSize } = size;
  const random = new Random([1, 2, 3, 4]);
  const tokens = Int32Array.from({ length: batchSize * (seqLen + 1) }, () =>
    random.integer(rest.vocabSize),
  );
  const columns = (first: number) => {
    const result = new Int32Array(batchSize * seqLen);
    for (let row = 0; row < batchSize; row++) {
      const start = row * (seqLen + 1) + first;
      result.set(tokens.subarray(start, start + seqLen), row * seqLen);
    }
    return result;
  };
  const batch = { tokens: columns(0), targets: columns(1), images: [] };
  const shape = { name: nameOf(size), model: modelOf(size, rest), seqLen, batchSize, ...batch };
  return { shape, stepsPerTurn: rest.stepsPerTurn };
}

/** Every second sequence begins with an image of noise; the rest is random text. */
function imageCase(size: Size, rest: Rest): TrainCase {
  const { seqLen, batchSize } = size;
  const random = new Random([5, 6, 7, 8]);
  const letters = rest.vocabSize - firstByteToken;
  const rows = Array.from(
    { length: batchSize * (seqLen + 1) },
    () => firstByteToken + random.integer(letters),
  );
  const images: BatchImage[] = [];
  for (let row = 0; row < batchSize; row++) {
    const line = [specialTokens.bos];
    if (row % 2 === 0) {
      const [width, height] = imageSizes[(row / 2) % imageSizes.length]!;
      const grid = fitGrid(width, height);
      images.push({ row, column: line.length, pixels: noise(grid, random) });
      line.push(...imageTokens(grid, specialTokens));
    }
    rows.splice(row * (seqLen + 1), line.length, ...line);
  }
  const all = Int32Array.from(rows);
  const sources = Array<number>(batchSize).fill(0);
  const parts = { seqLen, sources, images, special: specialTokens, isConditioned: false };
  const { targets } = toBatch(all, parts);
  const tokens = all.filter((_, index) => index % (seqLen + 1) < seqLen);
  const text = modelOf(size, rest);
  const model = { ...text, vision: towerFor(text, longestPixelSide) };
  const shape = { name: `${nameOf(size)}+images`, model, seqLen, batchSize };
  return { shape: { ...shape, tokens, targets, images }, stepsPerTurn: rest.stepsPerTurn };
}

function noise(grid: ImageGrid, random: Random): BatchImage["pixels"] {
  const length = gridTokens(grid) * tokenSide ** 2 * 3;
  return { grid, data: Uint8Array.from({ length }, () => random.integer(256)) };
}
