import { expect, test } from "vitest";
import type { ImagePixels } from "../../model/image/pixels.ts";
import {
  type CaptionEvaluation,
  type CaptionResults,
  evaluateCaptions,
  type ScoreCaptions,
} from "./caption-evaluation.ts";
import type { Caption } from "./captions.ts";

/** An image whose first pixel says its number. */
function numbered(number: number): ImagePixels {
  const data = new Uint8Array(3 * 3 * 32 * 32 * 3).fill(1);
  data[0] = number;
  return { grid: { rows: 3, columns: 3 }, data };
}

/** Two images of each of `concepts` concepts. */
const captions = (concepts: number): Caption[] =>
  Array.from({ length: 2 * concepts }, (_, image) => ({
    image,
    text: `concept ${image % concepts}`,
    source: "made",
  }));

async function evaluate(
  concepts: number,
  score: ScoreCaptions,
  rest: Partial<CaptionEvaluation> = {},
): Promise<CaptionResults> {
  const set = { name: "made", captions: captions(concepts) };
  const image = async (number: number) => numbered(number);
  const events = evaluateCaptions({ set, image, score, seed: 1, candidates: 10, ...rest });
  let step = await events.next();
  while (step.done !== true) step = await events.next();
  return step.value;
}

/** Each text's prior, raised for the caption of the image by some nats. */
function scorer(concepts: number, raise: number): ScoreCaptions {
  return async (image, texts) =>
    texts.map((text) => {
      const number = Number(text.split(" ")[1]);
      const isOwn = image.data[0]! % concepts === number;
      return { logProb: -20 - 3 * (number % 4) + (isOwn ? raise : 0), tokens: 4 };
    });
}

test("a model that knows every image chooses right, and never for another's image", async () => {
  const results = await evaluate(24, scorer(24, 2));
  expect(results).toMatchObject({ concepts: 24, candidates: 10, chance: 0.1 });
  expect(results.samples).toHaveLength(48);
  expect(results.retrieval.mean).toBe(1);
  expect(results.retrieval.interval.low).toBeCloseTo(0.025 ** (1 / 24), 12); // of 24 concepts
  expect(results.shuffledRetrieval.mean).toBe(0);
  expect(results.retrievalDifference).toMatchObject({ mean: 1, n: 48 });
  // two nats over four tokens, whatever the caption's prior
  expect(results.lossDifference.mean).toBeCloseTo(0.5, 12);
  for (const { lossNats, shuffledLossNats } of results.samples) {
    expect(shuffledLossNats - lossNats).toBeCloseTo(0.5, 12);
  }
});

test("a model that does not look at the image is at chance, and its losses are equal", async () => {
  const results = await evaluate(24, scorer(24, 0));
  expect(results.lossDifference.mean).toBe(0);
  // with nothing gained by any caption the first of each group is chosen: one concept of 8, two images
  expect(results.retrieval.mean).toBeCloseTo(1 / 8, 12);
  expect(results.retrievalDifference.mean).toBe(0);
});

test("captions that are likely anyway have no advantage", async () => {
  // the prior differs by up to 9 nats, the image says 0.01
  expect((await evaluate(24, scorer(24, 0.01))).retrieval.mean).toBe(1);
});

test("every concept is looked at once, with so many images, against distinct candidates", async () => {
  const seen: string[][] = [];
  const base = scorer(21, 1);
  const results = await evaluate(
    21,
    (image, texts) => {
      seen.push([...texts]);
      return base(image, texts);
    },
    { imagesPerConcept: 1 },
  );
  expect(new Set(results.samples.map(({ text }) => text)).size).toBe(21);
  expect(results.samples).toHaveLength(21);
  for (const texts of seen) expect(new Set(texts).size).toBe(10);
  expect(await evaluate(21, base, { mostConcepts: 5 })).toMatchObject({
    ...{ concepts: 5, candidates: 5, chance: 0.2 },
  });
});

test("the seed decides everything", async () => {
  const texts = async (seed: number) =>
    (await evaluate(24, scorer(24, 1), { seed })).samples.map(({ text }) => text);
  expect(await texts(1)).toEqual(await texts(1));
  expect(await texts(1)).not.toEqual(await texts(2));
});

test("one concept is too few", async () => {
  await expect(evaluate(1, scorer(1, 1))).rejects.toThrow(
    'captions "made": expected at least two concepts, got 1; build the data set with a larger split.heldout',
  );
});
