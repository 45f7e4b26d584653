import { describe, expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { greedy, type Sampling, sampleToken } from "./sampling.ts";

const draws = 4000;

/** How often each token comes, as a share of the draws. */
function shares(probabilities: readonly number[], changes: Partial<Sampling>): number[] {
  const logits = Float32Array.from(probabilities, (p) => Math.log(p) + 3);
  const random = new Random(1);
  const counts = probabilities.map(() => 0);
  for (let draw = 0; draw < draws; draw++) {
    const id = sampleToken(logits, { ...greedy, temperature: 1, ...changes }, random);
    counts[id]! += 1 / draws;
  }
  return counts;
}

/** Five standard errors of a share of 0.5: 5 sqrt(0.25 / 4000). */
const tolerance = 0.04;

function expectShares(actual: readonly number[], expected: readonly number[]): void {
  for (const [id, share] of expected.entries()) {
    if (share === 0) expect(actual[id]).toBe(0);
    else expect(Math.abs(actual[id]! - share)).toBeLessThan(tolerance);
  }
}

describe("temperature", () => {
  test("0 takes the largest logit, of equal ones the lowest id, and no random number", () => {
    const random = new Random(1);
    expect(sampleToken(Float32Array.of(1, 3, 2, 3), greedy, random)).toBe(1);
    expect(random.word()).toBe(new Random(1).word());
  });

  test("1 draws with the model's probabilities", () => {
    expectShares(shares([0.1, 0.6, 0.3], {}), [0.1, 0.6, 0.3]);
  });

  test("1/2 squares them", () => {
    expectShares(shares([0.2, 0.4, 0.4], { temperature: 0.5 }), [1 / 9, 4 / 9, 4 / 9]);
  });

  test("logits of any size do not overflow", () => {
    const logits = Float32Array.of(-3e38, 3e38, Number.NEGATIVE_INFINITY);
    expect(sampleToken(logits, { ...greedy, temperature: 0.01 }, new Random(1))).toBe(1);
  });
});

describe("top-k", () => {
  test("keeps the K most likely, of equal ones the lowest ids", () => {
    expectShares(shares([0.1, 0.2, 0.2, 0.3, 0.2], { topK: 3 }), [0, 2 / 7, 2 / 7, 3 / 7, 0]);
  });

  test("1 is greedy; the vocabulary's size or more keeps all", () => {
    expectShares(shares([0.1, 0.6, 0.3], { topK: 1 }), [0, 1, 0]);
    expect(shares([0.1, 0.6, 0.3], { topK: 9 })).toEqual(shares([0.1, 0.6, 0.3], {}));
  });
});

describe("top-p", () => {
  test("keeps the fewest that reach the probability", () => {
    expectShares(shares([0.1, 0.5, 0.15, 0.25], { topP: 0.74 }), [0, 2 / 3, 0, 1 / 3]);
    expectShares(shares([0.1, 0.5, 0.15, 0.25], { topP: 0.76 }), [0, 5 / 9, 1.5 / 9, 2.5 / 9]);
  });

  test("takes the lowest of equal ids", () => {
    expectShares(shares([0.3, 0.4, 0.3], { topP: 0.6 }), [3 / 7, 4 / 7, 0]);
  });

  test("keeps the most likely one however small it is", () => {
    expectShares(shares([0.3, 0.4, 0.3], { topP: 0.01 }), [0, 1, 0]);
  });

  test("counts what top-k has left", () => {
    // of 0.5 and 0.3 alone the first has 0.625
    expectShares(shares([0.5, 0.3, 0.2], { topK: 2, topP: 0.6 }), [1, 0, 0]);
  });
});

test("logits that are not numbers are refused", () => {
  const sample = (values: readonly number[]) => () =>
    sampleToken(Float32Array.from(values), greedy, new Random(1));
  expect(sample([Number.NaN, Number.NaN])).toThrow(/^generate: the model's logits are not numbers/);
  expect(sample([0, Number.POSITIVE_INFINITY])).toThrow("weights are damaged");
});
