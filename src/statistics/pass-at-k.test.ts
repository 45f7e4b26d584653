import { expect, test } from "vitest";
import { datasetPassAtK, passAtK, passHatK } from "./pass-at-k.ts";

/** Shares of all draws of `k` from `n` answers, the first `correct` of them right. */
function enumerated(n: number, correct: number, k: number): { any: number; all: number } {
  let [draws, any, all] = [0, 0, 0];
  for (let draw = 0; draw < 2 ** n; draw++) {
    const drawn = Array.from({ length: n }, (_, index) => index).filter((i) => draw & (1 << i));
    if (drawn.length !== k) continue;
    draws++;
    if (drawn.some((index) => index < correct)) any++;
    if (drawn.every((index) => index < correct)) all++;
  }
  return { any: any / draws, all: all / draws };
}

test("they are the shares of all draws, for every count up to 8 answers", () => {
  for (let n = 1; n <= 8; n++) {
    for (let correct = 0; correct <= n; correct++) {
      for (let k = 1; k <= n; k++) {
        const { any, all } = enumerated(n, correct, k);
        expect(passAtK({ n, correct }, k).value).toBeCloseTo(any, 14);
        expect(passHatK({ n, correct }, k).value).toBeCloseTo(all, 14);
      }
    }
  }
});

test("logarithms keep their digits where the value is 0 or 1 to a double", () => {
  // 1 - k / n for one right answer, and its mirror.
  expect(passAtK({ n: 1e9, correct: 1 }, 1).logRest / -1e-9).toBeCloseTo(1, 8);
  expect(passAtK({ n: 1e6, correct: 5e5 }, 1000).log).toBeLessThan(0);
  const { value, log, logRest } = passHatK({ n: 2000, correct: 1000 }, 900);
  expect([value, logRest]).toEqual([0, 0]);
  expect(Number.isFinite(log)).toBe(true);
  expect(passAtK({ n: 2000, correct: 1000 }, 900).logRest).toBe(log);
});

test("certain and impossible draws", () => {
  expect(passAtK({ n: 5, correct: 0 }, 5)).toEqual({ value: 0, log: -Infinity, logRest: 0 });
  expect(passAtK({ n: 5, correct: 1 }, 5)).toEqual({ value: 1, log: 0, logRest: -Infinity });
  expect(passHatK({ n: 5, correct: 5 }, 3)).toEqual({ value: 1, log: 0, logRest: -Infinity });
  expect(passHatK({ n: 5, correct: 2 }, 3)).toEqual({ value: 0, log: -Infinity, logRest: 0 });
});

test("more draws pass more often and pass together less often", () => {
  for (let k = 2; k <= 20; k++) {
    const attempts = { n: 20, correct: 7 };
    expect(passAtK(attempts, k).value).toBeGreaterThanOrEqual(passAtK(attempts, k - 1).value);
    expect(passHatK(attempts, k).value).toBeLessThanOrEqual(passHatK(attempts, k - 1).value);
  }
});

test("k above n, counts above n, and a data set without problems are refused", () => {
  expect(() => passAtK({ n: 4, correct: 1 }, 5)).toThrow("1 <= k <= n, got k 5 and n 4");
  expect(() => passHatK({ n: 4, correct: 1 }, 0)).toThrow("passHatK: expected a whole k");
  expect(() => passAtK({ n: 4, correct: 5 }, 1)).toThrow("got count 5 and n 4");
  expect(() => passAtK({ n: 0, correct: 0 }, 1)).toThrow("got count 0 and n 0");
  expect(() => datasetPassAtK([], 1)).toThrow("expected a problem, got none");
  expect(
    datasetPassAtK(
      [
        { n: 4, correct: 1 },
        { n: 2, correct: 2 },
      ],
      2,
    ),
  ).toBeCloseTo(0.75, 14);
});
