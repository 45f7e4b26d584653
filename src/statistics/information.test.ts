import { expect, test } from "vitest";
import { bitsPerUnit, perplexity, textSize } from "./information.ts";
import { binaryMcFadden, mcFadden } from "./mcfadden.ts";

test("equally likely tokens have their number as perplexity", () => {
  const logs = Array.from({ length: 1000 }, () => -Math.log(50));
  const { perplexity: found, bitsPerToken, totalNats } = perplexity(logs);
  expect(found).toBeCloseTo(50, 11);
  expect(bitsPerToken).toBeCloseTo(Math.log2(50), 13);
  expect(bitsPerUnit(totalNats, 1000).perplexity).toBeCloseTo(found, 11);
  expect(perplexity([0, 0])).toEqual({
    ...{ totalNats: 0, meanNats: 0 },
    ...{ bitsPerToken: 0, perplexity: 1 },
  });
});

test("a text has bytes and characters, halves of pairs count as the replacement character", () => {
  expect(textSize("aé😀")).toEqual({ bytes: 7, characters: 3 });
  expect(textSize("\ud83d")).toEqual({ bytes: 3, characters: 1 });
  expect(bitsPerUnit(8 * Math.LN2, 4)).toEqual({ bits: 2, perplexity: expect.closeTo(4, 14) });
});

test("no token, logarithms above 0, and no byte are refused", () => {
  expect(() => perplexity([])).toThrow("expected at least 1 values, got 0");
  expect(() => perplexity([-1, 0.1])).toThrow("expected logarithms of 0 or less, got 0.1");
  expect(() => perplexity([-Infinity])).toThrow("got -Infinity at index 0");
  expect(() => bitsPerUnit(1, 0)).toThrow("expected a number of units above 0, got 0");
});

test("McFadden's R² is 0 for the mean rate, 1 for certainty, and lower with more parameters", () => {
  const happened = [1, 0, 0, 1, 0, 0, 0, 0];
  expect(
    binaryMcFadden(
      happened.map(() => 0.25),
      happened,
    ).rSquared,
  ).toBeCloseTo(0, 14);
  expect(binaryMcFadden(happened, happened).rSquared).toBe(1);
  expect(
    binaryMcFadden(
      happened.map((one) => 1 - one),
      happened,
    ).rSquared,
  ).toBe(-Infinity);
  const { model, nullModel, rSquared } = binaryMcFadden(
    happened.map(() => 0.4),
    happened,
  );
  expect(mcFadden(model, nullModel).rSquared).toBe(rSquared);
  expect(mcFadden(model, nullModel, 2).adjusted).toBeLessThan(rSquared);
});

test("events that do not vary, and lists that do not fit, are refused", () => {
  expect(() => binaryMcFadden([0.5, 0.5], [1, 1])).toThrow("got 2 of 2");
  expect(() => binaryMcFadden([0.5], [1, 0])).toThrow("got 1 and 2 values");
  expect(() => binaryMcFadden([0.5, 2], [1, 0])).toThrow("got 2 at index 1");
  expect(() => binaryMcFadden([], [])).toThrow("expected at least one value, got none");
  expect(() => mcFadden(-1, 0)).toThrow("expected a null log likelihood below 0, got 0");
  expect(() => mcFadden(-1, -2, -1)).toThrow("expected 0 parameters or more, got -1");
});
