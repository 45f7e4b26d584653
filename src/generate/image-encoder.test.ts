import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImagePixels, imageHash } from "../model/image/pixels.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { randomImage, tinyVisionConfig, tinyWeights } from "./generate.fixture.ts";
import { ImageEncoder } from "./image-encoder.ts";
import type { ModelWeights } from "./model-weights.ts";

const wide = randomImage({ rows: 2, columns: 4 }, 1);
const other = randomImage({ rows: 2, columns: 4 }, 2);

let runtime: Runtime;
let weights: ModelWeights;
beforeAll(async () => {
  runtime = await openRuntime();
  weights = await tinyWeights(runtime, tinyVisionConfig);
});
afterAll(() => runtime.release());

const hashed = (pixels: ImagePixels) => ({ pixels, hash: imageHash(pixels) });

test("an image is encoded once, whatever object holds its pixels", async () => {
  const mine = new ImageEncoder(weights);
  const copy = { grid: { ...wide.grid }, data: wide.data.slice() };
  const [first, again] = await Promise.all([wide, copy].map((each) => mine.encode(hashed(each))));
  expect(again).toBe(first);
  expect(first).toHaveLength(8 * tinyVisionConfig.embedDim);
  expect(await mine.encode(hashed(other))).not.toEqual(first);
  expect(await mine.encode(hashed(wide))).toBe(first);
  mine.release();
});

test("the image is forgotten that was used longest ago when there is no room", async () => {
  const bytes = 4 * 8 * tinyVisionConfig.embedDim;
  const mine = new ImageEncoder(weights, { keptBytes: 2 * bytes });
  const third = randomImage(wide.grid, 9);
  const first = await mine.encode(hashed(wide));
  const second = await mine.encode(hashed(other));
  await mine.encode(hashed(wide));
  await mine.encode(hashed(third));
  expect(await mine.encode(hashed(wide))).toBe(first);
  const again = await mine.encode(hashed(other));
  expect(again).not.toBe(second);
  expect(again).toEqual(second);
  mine.release();
});
