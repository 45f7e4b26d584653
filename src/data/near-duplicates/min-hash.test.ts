import { describe, expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { estimateJaccard, MinHash, signatureLength } from "./min-hash.ts";
import { plantPair, randomWords } from "./planted-pair.fixture.ts";

const sign = (text: string, minHash = new MinHash()): Uint16Array => {
  const signature = new Uint16Array(signatureLength);
  minHash.sign(text, signature);
  return signature;
};

describe.each([20, 60, 400])("texts of %i words", (words) => {
  test.each([0.2, 0.5, 0.75, 0.9])(
    "the estimate of %f is unbiased and as sharp as stated",
    (wanted) => {
      const pairs = words < 100 ? 400 : 100;
      const random = new Random(words);
      const minHash = new MinHash(3);
      let [sum, squares, exactSum] = [0, 0, 0];
      for (let i = 0; i < pairs; i++) {
        const { first, second, exact } = plantPair(random, wanted, words);
        const error = estimateJaccard(sign(first, minHash), sign(second, minHash)) - exact;
        sum += error;
        squares += error ** 2;
        exactSum += exact;
      }
      const exact = exactSum / pairs;
      const deviation = Math.sqrt((exact * (1 - exact)) / signatureLength);
      // 4 standard errors; the deviation of a deviation is 1 / sqrt(2 n) of it. With few shingles
      // some are borrowed more often than others, which costs up to a fifth.
      expect(Math.abs(sum / pairs)).toBeLessThan((4 * deviation) / Math.sqrt(pairs));
      expect(Math.sqrt(squares / pairs)).toBeLessThan(
        deviation * ((words < 50 ? 1.2 : 1) + 4 / Math.sqrt(2 * pairs)),
      );
    },
  );
});

test("texts that share nothing are estimated at nothing", () => {
  const random = new Random(4);
  const estimates = Array.from({ length: 200 }, () => {
    const [first, second] = [randomWords(random, 100), randomWords(random, 100)];
    return estimateJaccard(sign(first.join(" ")), sign(second.join(" ")));
  });
  expect(Math.max(...estimates)).toBeLessThan(0.02);
});

test("the signature depends on the set of shingles alone", () => {
  const [a, b] = ["a b c d e f g h i j k l", "m n o p q r s t u v w x"];
  const again = `${a} ${b} ${a}`; // the same shingles wherever the repetition stands
  expect(sign(`${again} ${b} ${a}`)).toEqual(sign(again));
  expect(sign(again)).not.toEqual(sign(`${a} ${b}`));
  const random = new Random(5);
  const words = randomWords(random, 200);
  const turned = [...words].reverse().join(" "); // the same words, but no shingle of the other
  expect(estimateJaccard(sign(words.join(" ")), sign(turned))).toBe(0);
});

test("the same seed gives the same signature, another one does not", () => {
  const text = randomWords(new Random(6), 100).join(" ");
  expect(sign(text, new MinHash(1))).toEqual(sign(text, new MinHash(1)));
  expect(estimateJaccard(sign(text, new MinHash(1)), sign(text, new MinHash(2)))).toBeLessThan(
    0.02,
  );
  // A signature is part of what a build's bytes follow from: it must not change unnoticed.
  const known = sign(
    "It was the best of times, it was the worst of times, it was the age of wisdom",
  );
  expect(Array.from(known.subarray(0, 4))).toEqual([7005, 57_357, 34_030, 56_277]);
});

test("fewer than 12 words are one thing; without words there is nothing", () => {
  const kinds = ["?!", "one", "a b c d e f g h i j k", "a b c d e f g h i j k l"].map((text) =>
    new MinHash().sign(text, new Uint16Array(signatureLength)),
  );
  expect(kinds).toEqual(["none", "whole", "whole", "shingles"]);
  const [short, other] = ["What is 3 + 4? It is 7.", "What is 3 + 5? It is 8."];
  expect(estimateJaccard(sign(short), sign(short.toUpperCase()))).toBe(1);
  expect(estimateJaccard(sign(short), sign(other))).toBeLessThan(0.02);
});
