import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImagePixels, imageHash } from "../model/image/pixels.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import {
  imagesOf,
  type Parts,
  randomImage,
  tinyVisionConfig,
  tinyWeights,
  tokensOf,
  uncachedLogits,
} from "./generate.fixture.ts";
import { ImageEncoder } from "./image-encoder.ts";
import type { ModelWeights } from "./model-weights.ts";
import { type Scorer, scoreTokens, scoreTokensAfter } from "./score.ts";
import { ScoreGraphs } from "./score-graphs.ts";

const tokenizer = byteTokenizer();
const wide = randomImage({ rows: 2, columns: 4 }, 1);
const other = randomImage({ rows: 2, columns: 4 }, 2);
const tall = randomImage({ rows: 5, columns: 2 }, 3);

let runtime: Runtime;
let weights: ModelWeights;
let encoder: ImageEncoder;
let scorer: Scorer;
beforeAll(async () => {
  runtime = await openRuntime();
  weights = await tinyWeights(runtime, tinyVisionConfig);
  encoder = new ImageEncoder(weights);
  const { maxSeqLen } = tinyVisionConfig;
  const graphs = new ScoreGraphs(weights);
  scorer = { graphs, tokenizer, maxSeqLen, imageEncoder: encoder };
});
afterAll(() => runtime.release());

async function expectedLogProbs(parts: Parts): Promise<number[]> {
  const tokens = tokensOf(parts);
  const logits = await uncachedLogits(weights, tokens, imagesOf(parts));
  return tokens.slice(1).map((token, i) => {
    const row = Array.from(logits.subarray(i * 266, (i + 1) * 266));
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return row[token]! - largest - Math.log(total);
  });
}
const close = (a: readonly number[], b: readonly number[]) =>
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-4);

test("are those of the decoder's logits; tokens of images are given", async () => {
  const parts = ["a", wide, " b ", tall, " c"];
  const expected = await expectedLogProbs(parts);
  const { logProbs, lossNats, bitsPerByte } = await scoreTokens(
    scorer,
    tokensOf(parts),
    imagesOf(parts),
  );
  const isText = tokensOf(parts)
    .slice(1)
    .map((token) => token > 7);
  close(
    logProbs,
    expected.map((value, i) => (isText[i] ? value : 0)),
  );
  const total = -expected.reduce((sum, value, i) => sum + (isText[i] ? value : 0), 0);
  expect(lossNats).toBeCloseTo(total / 5, 4);
  expect(bitsPerByte).toBeCloseTo(total / 5 / Math.LN2, 4);
});

describe("of texts after a prompt", () => {
  const scoresAfter = async (image: ImagePixels, texts: readonly string[]) => {
    const scores = await scoreTokensAfter(
      scorer,
      { tokens: [1, ...tokensOf([image])], images: [image] },
      texts.map((text) => tokenizer.encode(text)),
    );
    return scores.map(({ logProbs }) => logProbs);
  };

  test("are the last ones of the whole; together = alone, in any number", async () => {
    const texts = Array.from({ length: 11 }, (_, i) => `a cat ${"and a dog ".repeat((i * 3) % 7)}`);
    const sums: number[][] = [];
    for (const image of [wide, tall]) {
      const together = await scoresAfter(image, texts);
      for (const [index, text] of texts.entries()) {
        const [single] = await scoresAfter(image, [text]);
        const whole = await scoreTokens(scorer, [1, ...tokensOf([image, text])], [image]);
        expect(together[index]).toHaveLength(text.length);
        close(single!, whole.logProbs.slice(-text.length));
        close(together[index]!, single!);
      }
      sums.push(together.map((one) => one.reduce((sum, value) => sum + value, 0)));
    }
    for (const [index, sum] of sums[0]!.entries()) {
      expect(Math.abs(sum - sums[1]![index]!)).toBeGreaterThan(1e-3); // the images are seen
    }
    expect(await scoresAfter(wide, [])).toEqual([]);
  });

  test("of calls at the same time are those of each alone", async () => {
    const texts = ["a cat", "a dog"];
    const found = await Promise.all([wide, other, tall].map((image) => scoresAfter(image, texts)));
    for (const [index, image] of [wide, other, tall].entries()) {
      expect(found[index]).toEqual(await scoresAfter(image, texts));
    }
  });
});

test("an image that a window cuts keeps its remaining rows, one before it is not seen", async () => {
  const width = tinyVisionConfig.embedDim;
  const text = "0123456789".repeat(10);
  const parts = [text.slice(0, 30), wide, text.slice(0, 20), tall, text];
  const tokens = tokensOf(parts);
  // the second window begins at token 64, with the fourth of the ten features of the tall image
  expect(tokens.slice(60, 66)).toEqual([5, 5, 6, 5, 5, 6]);
  const { logProbs } = await scoreTokens(scorer, tokens, imagesOf(parts));
  const rest = tokens.slice(64);
  const encoded = await encoder.encode({ pixels: tall, hash: imageHash(tall) });
  const features = new Float32Array((rest.length - 1) * width);
  let feature = 3;
  for (const [at, token] of rest.entries()) {
    if (token !== 5) continue;
    features.set(encoded.subarray(feature * width, (feature + 1) * width), at * width);
    feature++;
  }
  expect(feature).toBe(10);
  const [window] = await scorer.graphs.scores({ tokens: rest.slice(0, 1), features }, [
    rest.slice(1),
  ]);
  expect(rest.length).toBeLessThanOrEqual(129);
  expect(logProbs.slice(128)).toEqual(window!.logProbs.slice(64));
});

test("images beyond the context are refused", async () => {
  const large = randomImage({ rows: 12, columns: 12 }, 1);
  await expect(scoreTokens(scorer, tokensOf([large, "a"]), [large])).rejects.toThrow(
    "score: the context holds 128 tokens, the images have 156",
  );
  await expect(
    scoreTokensAfter(scorer, { tokens: tokensOf([large]), images: [large] }, [[97]]),
  ).rejects.toThrow("the context holds 128 tokens, the prompt has 156 and the text 1");
  await expect(scoreTokens(scorer, tokensOf([wide]), [wide])).rejects.toThrow(
    "score: expected text beside the images",
  );
});
