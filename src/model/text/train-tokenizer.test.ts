import { expect, test } from "vitest";
import { ConfigError, DataError } from "../../errors.ts";
import { firstMergeToken } from "./special-tokens.ts";
import { trainTokenizer } from "./train-tokenizer.ts";

async function mergedTexts(texts: readonly string[], merges: number): Promise<string[]> {
  const tokenizer = await trainTokenizer(texts, { vocabSize: firstMergeToken + merges });
  return Array.from({ length: merges }, (_, rank) => tokenizer.decode([firstMergeToken + rank]));
}

test("learns the merges of a small corpus worked out by hand", async () => {
  // Words: low x5, lower x2 (as " lower"), newest x6, widest x3: Sennrich et al. 2016, section 3.2.
  const words = [
    "low\n".repeat(5),
    "lower\n".repeat(2),
    "newest\n".repeat(6),
    "widest\n".repeat(3),
  ];
  // es 9, then st 9 becomes es+t 9; lo 7 and ow 7 tie: lo has the lower left id; then lo+w 7; the
  // pairs of newest (6) tie: e+w, n+e, w+est by left id; e+w goes first and leaves n+ew, ew+est.
  expect(await mergedTexts(words, 6)).toEqual(["es", "est", "lo", "low", "ew", "new"]);
});

test("counts repeated letters right", async () => {
  // aaaa: a+a is counted 3 times a word, merged into aa+aa, which is left 4 times.
  expect(await mergedTexts(["aaaa ".repeat(4)], 2)).toEqual(["aa", "aaaa"]);
});

test("never merges across words or digits", async () => {
  const text = "12 12 12 ab\nab\nab"; // "12", "b\n" and "2 " occur often, but never in one word
  expect(await mergedTexts([text], 1)).toEqual(["ab"]);
  await expect(mergedTexts([text], 2)).rejects.toThrow(/gave only 1;/);
});

test("gives the same tokenizer for the texts in any order and as a stream", async () => {
  const texts = ["the cat sat", "on the mat", "that is that", "a hat, a mat, a cat"];
  const training = { vocabSize: firstMergeToken + 8 };
  async function* stream(): AsyncGenerator<string> {
    for (const text of texts.toReversed()) yield text;
  }
  const [forward, backward] = [
    await trainTokenizer(texts, training),
    await trainTokenizer(stream(), training),
  ];
  expect(backward.toJSON()).toEqual(forward.toJSON());
});

test("every token has its own text", async () => {
  const text = "aaa aaaaa aaaaaaa abababa bababab aabbaabb ".repeat(3);
  const texts = await mergedTexts([text], 16);
  expect(new Set(texts).size).toBe(16);
});

test("stops reading at the sample size", async () => {
  let taken = 0;
  function* texts(): Generator<string> {
    for (;;) {
      taken++;
      yield "0123456789";
    }
  }
  await trainTokenizer(texts(), { vocabSize: firstMergeToken, sampleBytes: 25 });
  expect(taken).toBe(3);
});

test("says how many merges the text allows", async () => {
  const training = { vocabSize: 8192 };
  await expect(trainTokenizer(["abab abab"], training)).rejects.toThrow(DataError);
  await expect(trainTokenizer(["abab abab"], training)).rejects.toThrow(
    /needs 7926 merges, but the text \(2 distinct words\) gave only 2; set vocabSize to 268 or less/,
  );
  await expect(trainTokenizer([], { vocabSize: 300 })).rejects.toThrow(/gave only 0/);
});

test.each([0, 265, 300.5])("refuses the vocabulary size %d", async (vocabSize) => {
  await expect(trainTokenizer(["a"], { vocabSize })).rejects.toThrow(ConfigError);
});
