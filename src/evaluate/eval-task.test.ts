import { expect, test } from "vitest";
import { isFullScore } from "./eval-task.ts";

test.each([
  [{ value: 1 }, true],
  [{ value: 0.99 }, false],
  [{ value: null }, false],
  [{ value: 34, best: 100 }, false],
  [{ value: 100.00000000000004, best: 100 }, true],
  [{ value: 0, best: 0 }, true],
  [{ value: 25, best: 0 }, false],
])("%j is the best: %s", (score, isFull) => {
  expect(isFullScore(score)).toBe(isFull);
});
