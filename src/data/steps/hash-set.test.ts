import { expect, test } from "vitest";
import { digestOf, splitOf } from "./digest.ts";
import { HashSet } from "./hash-set.ts";

test("a hash is added once, through growth", () => {
  const set = new HashSet();
  const addAll = () => Array.from({ length: 5000 }, (_, i) => set.add(i % 7, i));
  expect(addAll()).toEqual(Array(5000).fill(true));
  expect(addAll()).toEqual(Array(5000).fill(false));
  expect(set.size).toBe(5000);
});

test("the hash zero is a hash like others", () => {
  const set = new HashSet();
  expect(set.add(0, 0)).toBe(true);
  expect(set.add(0, 0)).toBe(false);
});

test("shares of the split are met and the text alone decides", () => {
  const shares = { validation: 0.1, heldout: 0.2 };
  const counts = { train: 0, validation: 0, heldout: 0 };
  for (let i = 0; i < 4000; i++) counts[splitOf(digestOf(Buffer.from(`text ${i}`)), shares)]++;
  // 5 standard deviations of a binomial with n = 4000.
  expect(Math.abs(counts.heldout / 4000 - 0.2)).toBeLessThan(0.032);
  expect(Math.abs(counts.validation / 4000 - 0.1)).toBeLessThan(0.024);
  expect(splitOf({ splitShare: 0.1999 }, shares)).toBe("heldout");
  expect(splitOf({ splitShare: 0.2 }, shares)).toBe("validation");
  expect(splitOf({ splitShare: 0.31 }, shares)).toBe("train");
});
