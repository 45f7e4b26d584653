import { describe, expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { Random } from "../../statistics/random.ts";
import type { ScalingRefusal } from "../refusal.ts";
import { forecastCapability } from "./capability-forecast.ts";
import { difficultyBuckets } from "./difficulty-buckets.ts";
import { type PassCount, readPassCounts } from "./pass-counts.ts";
import { fitPassRateLaw, predictPassAt, predictPassRate } from "./pass-rate-law.ts";

const computes = [1e12, 4e12, 1.6e13, 6.4e13, 2.56e14];

/** Samples of models of growing compute on problems whose difficulty varies. */
function simulated({
  problems = 150,
  samples = 200,
  k = 0.25,
  location = 0.8,
  scale = 0.8,
  seed = 1,
  at = computes,
} = {}): PassCount[] {
  const random = new Random(seed);
  return Array.from({ length: problems }, (_, i) => {
    const a = Math.exp(location + scale * random.normal());
    return at.map((c) => {
      const rate = Math.exp(-a * (c / 1.6e13) ** -k);
      let passes = 0;
      for (let sample = 0; sample < samples; sample++) if (random.uniform() < rate) passes++;
      return { problem: `p${i}`, c, passes, samples };
    });
  }).flat();
}

const settings = {
  ...{ targetCompute: 2e16, buckets: 6, hardest: 0.1, level: 0.9, draws: 40, seed: 1, passAt: 10 },
};

describe("the law of pass rates", () => {
  test("is recovered from counts, zeros and all", () => {
    const law = fitPassRateLaw(simulated({ problems: 400 }));
    expect(law.k).toBeCloseTo(0.25, 1);
    expect(law.scale).toBeGreaterThan(0.7);
    expect(law.scale).toBeLessThan(0.9);
    const { meanNegLog } = predictPassRate(law, 1.6e13);
    expect(meanNegLog / Math.exp(0.8 + 0.8 ** 2 / 2)).toBeCloseTo(1, 1);
  });

  test("of hard problems that pass once in thousands is not bent by its zeros", () => {
    const hard = simulated({ problems: 300, samples: 100, location: 1.9, scale: 0.5 });
    const zeros = hard.filter(({ passes }) => passes === 0).length / hard.length;
    expect(zeros).toBeGreaterThan(0.3);
    const law = fitPassRateLaw(hard);
    expect(Math.abs(law.k - 0.25)).toBeLessThan(0.03);
    expect(Math.abs(law.location + law.k * Math.log(law.centre / 1.6e13) * -1 - 1.9)).toBeLessThan(
      0.15,
    );
  });

  test("may fall with compute", () => {
    expect(fitPassRateLaw(simulated({ k: -0.15 })).k).toBeCloseTo(-0.15, 1);
  });

  test("one sample in one is the pass rate, more are more", () => {
    const law = fitPassRateLaw(simulated());
    expect(predictPassAt(law, 1e14, 1)).toBeCloseTo(predictPassRate(law, 1e14).passRate, 12);
    expect(predictPassAt(law, 1e14, 100)).toBeGreaterThan(predictPassAt(law, 1e14, 10));
    expect(predictPassAt(law, 1e14, 100)).toBeLessThanOrEqual(1);
  });
});

describe("buckets", () => {
  test("hold the problems from easy to hard, without the hardest", () => {
    const counts = Array.from({ length: 10 }, (_, i) => ({
      ...{ problem: `p${i}`, c: 1e12, passes: i, samples: 10 },
    }));
    const { buckets, leftOut } = difficultyBuckets(counts, { buckets: 4, hardest: 0.2 });
    expect(buckets.map(({ problems }) => problems)).toEqual([
      ["p9", "p8"],
      ["p7", "p6"],
      ["p5", "p4"],
      ["p3", "p2"],
    ]);
    expect(leftOut).toEqual(["p1", "p0"]);
  });

  test("the larger model does not sort them, nor is it fitted", () => {
    const counts = simulated({ at: [...computes, 2e16] });
    const changed = counts.map((one) => (one.c === 2e16 ? { ...one, passes: 0 } : one));
    const seen = (some: readonly PassCount[]) =>
      forecastCapability(some, { ...settings, draws: 2 }).buckets.map(
        ({ observed: _, ...forecast }) => forecast,
      );
    expect(seen(changed)).toEqual(seen(counts));
  });
});

test("intervals hold what a held-out model, 80 times larger, makes of most buckets", () => {
  let [inside, all] = [0, 0];
  for (const seed of [1, 2, 3]) {
    const counts = simulated({ seed, at: [...computes, 2e16] });
    const { buckets, extrapolation } = forecastCapability(counts, { ...settings, seed });
    expect(extrapolation).toBeCloseTo(2e16 / 2.56e14, 6);
    for (const { observed, passRateInterval } of buckets) {
      const { passes, samples, isFitted } = observed.at(-1)!;
      expect(isFitted).toBe(false);
      all++;
      const rate = passes / samples;
      if (rate >= passRateInterval.low && rate <= passRateInterval.high) inside++;
    }
  }
  expect(all).toBe(18);
  expect(inside).toBeGreaterThanOrEqual(13);
});

test("too little is refused", () => {
  const reason = (counts: readonly PassCount[]) => {
    try {
      forecastCapability(counts, settings);
    } catch (error) {
      return (error as ScalingRefusal).reason;
    }
    return "none";
  };
  expect(reason(simulated({ at: [1e12, 1e13] }))).toBe("too-few-levels");
  expect(reason(simulated({ problems: 20 }))).toBe("too-few-problems");
});

test("faults of a table are named", async () => {
  const columns = { problem: "id", c: "flops", passes: "passed", samples: "n" };
  const read = (...values: Record<string, unknown>[]) =>
    readPassCounts(
      (async function* () {
        for (const [i, one] of values.entries()) yield { where: `row ${i + 1}`, values: one };
      })(),
      columns,
    );
  const good = { id: "a", flops: "1e12", passed: "3", n: 10 };
  expect(await read(good)).toEqual([{ problem: "a", c: 1e12, passes: 3, samples: 10 }]);
  for (const [bad, message] of [
    [{ ...good, passed: 11 }, 'row 1, column "passed": expected a whole number from 0 to the 10'],
    [{ ...good, passed: "x" }, 'got "x"'],
    [{ ...good, flops: 0 }, 'column "flops": expected a number above 0'],
    [{ ...good, n: 2.5 }, 'column "n": expected a whole number'],
    [{ flops: 1, passed: 1, n: 1 }, 'expected a column "id"'],
  ] as const) {
    const wrong = read(bad);
    await expect(wrong).rejects.toThrow(ConfigError);
    await expect(wrong).rejects.toThrow(message);
  }
  await expect(read(good, good)).rejects.toThrow("stands at row 1 too");
});
