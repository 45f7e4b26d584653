import { describe, expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { type RateTrial, recipeHealth } from "./recipe-health.ts";

/** What a factor 2 off the best rate costs of ln loss (lab log, 2026-11-25: 0.03 to 0.07). */
const bend = 0.04;

/** Trials of a ladder whose width grows sixfold, on a law with an irreducible loss. */
function simulated(seed: number, isScaled: boolean, noise = 0.004): RateTrial[] {
  const random = new Random(seed);
  const off = 0.3 * random.normal(); // the recipe's rate is not the very best anywhere
  return [
    { flops: 5e10, octaves: off + 0.15 * random.normal() },
    { flops: 2e13, octaves: off + 0.15 * random.normal() - (isScaled ? 0 : Math.log2(6)) },
  ].flatMap(({ flops, octaves }) =>
    [0.5, 1, 2].map((multiple) => {
      const distance = Math.log2(multiple) - octaves;
      const law = 1.5 + 36 * flops ** -0.1;
      const runs = multiple === 1 ? 3 : 1;
      const scatter = (noise / Math.sqrt(runs)) * random.normal();
      return { flops, multiple, loss: law * Math.exp(bend * distance ** 2 + scatter), runs };
    }),
  );
}

describe("the best rates of the smallest and the largest rung", () => {
  const problems = (isScaled: boolean) =>
    Array.from({ length: 50 }, (_, seed) => recipeHealth(simulated(seed, isScaled), 0.004)).filter(
      ({ problem }) => problem !== undefined,
    ).length;

  test("of 50 ladders whose rate does not scale at least 45 are flagged", () => {
    expect(problems(false)).toBeGreaterThanOrEqual(45);
  });

  test("of 50 healthy ladders at most 5 are flagged", () => {
    expect(problems(true)).toBeLessThanOrEqual(5);
  });

  test("are found where they are", () => {
    const { rates, problem } = recipeHealth(simulated(1, false, 0), 0);
    expect(rates).toHaveLength(2);
    expect(rates[1]!.octaves - rates[0]!.octaves).toBeCloseTo(-Math.log2(6), 0);
    expect(rates[1]!.excess).toBeGreaterThan(0.1);
    expect(problem).toMatch(/moves by -2\.\d octaves .* of the largest rung's loss/);
  });

  test("losses that only fall towards an end show no best rate", () => {
    const trials = [5e10, 2e13].flatMap((flops) =>
      [0.5, 1, 2].map((multiple) => {
        const loss =
          flops > 1e12 ? 3 + 0.2 * Math.log2(multiple) : 3 + 0.1 * Math.log2(multiple) ** 2;
        return { flops, multiple, loss, runs: 1 };
      }),
    );
    const { rates, problem } = recipeHealth(trials, 0.001);
    expect(rates[1]!.octaves).toBeNaN();
    expect(problem).toMatch(/no best rate within reach/);
  });

  test("two multiples are too few", () => {
    const trials = [1, 2].map((multiple) => ({ flops: 1, multiple, loss: 1, runs: 1 }));
    expect(() => recipeHealth(trials, 0)).toThrow("expected three multiples or more, got 2");
  });
});
