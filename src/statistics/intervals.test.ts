import { describe, expect, test } from "vitest";
import {
  clopperPearsonInterval,
  clusteredMean,
  meanEstimate,
  wilsonInterval,
} from "./intervals.ts";

/** The golden files' rule: abs 1e-10 and rel 1e-9. */
function expectClose(got: number, want: number): void {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-10 + 1e-9 * Math.abs(want));
}

describe("proportions", () => {
  test("Wilson of 1 in 10 is the textbook interval", () => {
    const { low, high } = wilsonInterval(1, 10);
    expectClose(low, 0.017876213095072924);
    expectClose(high, 0.40415002679523854);
  });

  test("Clopper-Pearson is exactly 0 and 1 at the ends", () => {
    expect(clopperPearsonInterval(0, 1)).toMatchObject({ low: 0 });
    expectClose(clopperPearsonInterval(0, 1).high, 0.975);
    expect(clopperPearsonInterval(5, 5).high).toBe(1);
  });

  test.each([
    [3, 2],
    [-1, 2],
    [0, 0],
    [0.5, 2],
  ])("counts %d of %d are refused", (count, n) => {
    expect(() => wilsonInterval(count, n)).toThrow(/0 <= count <= n with n > 0, got count/);
    expect(() => clopperPearsonInterval(count, n)).toThrow(
      /clopperPearsonInterval: expected whole/,
    );
  });
});

describe("means", () => {
  test("the t interval of 1, 2, 3, 4", () => {
    const { mean, standardError, n, interval } = meanEstimate([1, 2, 3, 4]);
    expect([mean, n, interval.level]).toEqual([2.5, 4, 0.95]);
    expectClose(standardError, Math.sqrt(5 / 3) / 2);
    expectClose(interval.low, 2.5 - 3.182446305284263 * standardError);
  });

  test("one cluster per value gives the plain standard error", () => {
    const values = [0.1, 0.5, 0.9, 0.7];
    expectClose(
      clusteredMean(values, [0, 1, 2, 3]).standardError,
      meanEstimate(values).standardError,
    );
  });

  test("without correction the error is smaller, with normal quantiles the interval", () => {
    const [values, clusters] = [
      [0.1, 0.5, 0.9, 0.7, 0.2],
      ["a", "a", "b", "b", "c"],
    ];
    const plain = clusteredMean(values, clusters);
    const { standardError } = clusteredMean(values, clusters, { correction: "cr0" });
    expectClose(standardError * Math.sqrt(3 / 2), plain.standardError);
    const { interval } = clusteredMean(values, clusters, { quantiles: "normal" });
    expectClose(interval.high, plain.mean + 1.959963984540054 * plain.standardError);
  });

  test("too few values, clusters, or a length that differs are refused", () => {
    expect(() => meanEstimate([1])).toThrow("expected at least 2 values, got 1");
    expect(() => clusteredMean([1, 2], ["a", "a"])).toThrow("expected at least 2 clusters, got 1");
    expect(() => clusteredMean([1, 2], ["a"])).toThrow("got 2 values and 1 clusters");
  });
});
