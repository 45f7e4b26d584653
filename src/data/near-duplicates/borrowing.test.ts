import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { Borrowing, emptyBin } from "./borrowing.ts";

const bins = 126;

/** Values in the given bins, each telling its bin. */
const valuesAt = (full: readonly number[]): Uint32Array => {
  const values = new Uint32Array(bins).fill(emptyBin);
  for (const bin of full) values[bin] = 1000 + bin;
  return values;
};

const sample = (random: Random, size: number): number[] => {
  const chosen = new Set<number>();
  while (chosen.size < size) chosen.add(random.integer(bins));
  return [...chosen];
};

test.each([1, 2, 11, 12, 13, 60, 125, 126])(
  "%i full bins: they stay, empty ones take theirs",
  (size) => {
    const full = sample(new Random(size), size);
    const values = valuesAt(full);
    new Borrowing(bins, 7).fill(values);
    expect(new Set(values)).toEqual(new Set(full.map((bin) => 1000 + bin)));
    for (const bin of full) expect(values[bin]).toBe(1000 + bin);
  },
);

test("a bin keeps its donor when bins that are asked later become full", () => {
  // Over the border between looking for the first of few and asking one after the other.
  const random = new Random(1);
  const borrowing = new Borrowing(bins, 7);
  for (let i = 0; i < 200; i++) {
    const full = sample(random, 14);
    const [few, more] = [valuesAt(full.slice(0, 11)), valuesAt(full)];
    borrowing.fill(few);
    borrowing.fill(more);
    const added = new Set(full.slice(11).map((bin) => 1000 + bin));
    for (let bin = 0; bin < bins; bin++) {
      if (!added.has(more[bin]!)) expect(more[bin]).toBe(few[bin]);
    }
  }
});

test("donors are chosen evenly", () => {
  const counts = [0, 0, 0];
  for (let seed = 0; seed < 100; seed++) {
    const values = valuesAt([3, 50, 120]);
    new Borrowing(bins, seed).fill(values);
    for (const value of values) counts[[1003, 1050, 1120].indexOf(value)]!++;
  }
  // 5 standard deviations of a binomial with n = 100 * 123 and p = 1/3.
  for (const count of counts) expect(Math.abs(count - 4200)).toBeLessThan(262);
});
