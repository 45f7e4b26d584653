import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parameterInputs } from "../model/blocks.ts";
import { languageLoss } from "../model/language-loss.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { loadProgram } from "../tensor/program.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { tinyConfig, tinyWeights } from "./generate.fixture.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";
import { type Scorer, scoreTokens, scoreTokensAfter } from "./score.ts";
import { ScoreGraphs } from "./score-graphs.ts";

const tokenizer = byteTokenizer();
let runtime: Runtime;
let weights: ModelWeights;
let scorer: Scorer;
beforeAll(async () => {
  runtime = await openRuntime();
  weights = await tinyWeights(runtime);
  const graphs = new ScoreGraphs(weights);
  scorer = { graphs, tokenizer, maxSeqLen: tinyConfig.maxSeqLen };
});
afterAll(() => runtime.release());

/** The losses of training, one for each token after the first. */
async function trainingLosses(tokens: readonly number[]): Promise<number[]> {
  const time = tokens.length - 1;
  const nats = languageLoss(parameterInputs(tinyConfig), tinyConfig, {
    tokens: input("tokens", "int32", [time]),
    targets: input("targets", "int32", [time]),
    documents: undefined,
    batch: 1,
  });
  const session = await loadProgram(runtime, { nats });
  const fed = runtime.allocate("int32", [time]);
  const targets = runtime.allocate("int32", [time]);
  await fed.write(Int32Array.from(tokens.slice(0, -1)));
  await targets.write(Int32Array.from(tokens.slice(1)));
  const result = runtime.allocate("float32", [time]);
  const inputs = { ...weightsFor(weights, session.inputNames), tokens: fed, targets };
  await session.bind(inputs, { nats: result }).run();
  return Array.from((await result.read()) as Float32Array);
}

const score = (text: string) => scoreTokens(scorer, tokenizer.encode(text, { parseSpecial: true }));

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

describe("a text within the context", () => {
  test.each(["ab", "0123456789abcdef!", "<s>The quick brown fox jumps over the lazy dog</s>"])(
    "%s has the losses of training",
    async (text) => {
      const { tokens, logProbs, lossNats, bitsPerByte } = await score(text);
      const losses = await trainingLosses(tokens);
      expect(logProbs).toHaveLength(tokens.length - 1);
      // roundings of float32 in logits of size 10
      expect(
        largestDifference(
          logProbs,
          losses.map((nats) => -nats),
        ),
      ).toBeLessThan(1e-4);
      const total = losses.reduce((sum, nats) => sum + nats, 0);
      expect(lossNats).toBeCloseTo(total / losses.length, 4);
      const bytes = tokens.slice(1).filter((id) => id >= 10).length;
      expect(bitsPerByte).toBeCloseTo(total / Math.LN2 / bytes, 4);
    },
  );

  test("special tokens alone have no bits per byte", async () => {
    expect((await score("<s></s>")).bitsPerByte).toBeNull();
  });
});

describe("a text longer than the context of 64", () => {
  test("has each token scored once, after at least half a context", async () => {
    const text = Array.from({ length: 150 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26)));
    const { tokens, logProbs } = await score(text.join(""));
    expect(logProbs).toHaveLength(149);
    const window = async (start: number, end: number) =>
      (await trainingLosses(tokens.slice(start, end))).map((nats) => -nats);
    // windows of 64 predictions: tokens 0-64, then from 32, 64, 96
    const expected = [
      ...(await window(0, 65)),
      ...(await window(32, 97)).slice(32),
      ...(await window(64, 129)).slice(32),
      ...(await window(96, 150)).slice(32),
    ];
    expect(largestDifference(logProbs, expected)).toBeLessThan(1e-4);
  });

  test("of exactly the context and one token is read at once", async () => {
    const { tokens, logProbs } = await score("x".repeat(65));
    const losses = await trainingLosses(tokens);
    expect(
      largestDifference(
        logProbs,
        losses.map((nats) => -nats),
      ),
    ).toBeLessThan(1e-4);
  });
});

test("fewer than two tokens and unknown ones are refused", async () => {
  await expect(score("")).rejects.toThrow(/^score: expected at least two tokens, .*, got 0$/);
  await expect(score("a")).rejects.toThrow("got 1");
  await expect(scoreTokens(scorer, [1, 300])).rejects.toThrow(
    "score: expected tokens from 0 to 265, got 300",
  );
});

test("texts after a prompt have the scores that they have as one text, together and alone", async () => {
  const prompt = tokenizer.encode("What comes after this?");
  const texts = [" a", "b", " a longer one!", "b", " a"].map((text) => tokenizer.encode(text));
  const after = (some: readonly (readonly number[])[]) =>
    scoreTokensAfter(scorer, { tokens: prompt, images: [] }, some);
  const together = await after(texts);
  for (const [i, text] of texts.entries()) {
    const { logProbs } = await scoreTokens(scorer, [...prompt, ...text]);
    const expected = logProbs.slice(prompt.length - 1);
    expect(together[i]!.logProbs).toHaveLength(text.length);
    expect(largestDifference(together[i]!.logProbs, expected)).toBeLessThan(1e-5);
    const [alone] = await after([text]);
    expect(largestDifference(together[i]!.logProbs, alone!.logProbs)).toBeLessThan(1e-5);
    expect(together[i]!.isLikeliest).toEqual(alone!.isLikeliest);
  }
  expect(together[1]).toEqual(together[3]);
});
