import { expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { compareRuns } from "./compare-runs.ts";
import type { EvalLog } from "./run/eval-log.ts";

/** A run's log with these scores, sample by sample; null is unscored. */
function logOf(values: readonly (number | null)[], changes: object = {}): EvalLog {
  const time = "2026-01-01T00:00:00.000Z";
  return {
    header: {
      ...{ type: "eval-start", time, run: "r", task: "t", arguments: {}, models: ["m"] },
      ...{ grader: null, seed: 1, maxSamples: null, dataHash: "h", samples: values.length },
      ...{ codeVersion: "1", ...changes },
    },
    records: values.map((value, i) => ({
      ...{ type: "sample-end", time, id: `t.${i}`, calls: [], events: [] },
      scores: { accuracy: { value } },
    })),
    end: undefined,
  };
}

const settings = { level: 0.95, draws: 2000, seed: 1 };
const repeat = (value: number, count: number) => new Array<number>(count).fill(value);

test("a real difference is told from flips to both sides", () => {
  const first = logOf([...repeat(1, 40), ...repeat(0, 60)]);
  const better = logOf([...repeat(1, 39), 0, ...repeat(1, 20), ...repeat(0, 40)]);
  const [found] = compareRuns(first, better, settings);
  expect(found).toMatchObject({ n: 100, first: 0.4, verdict: "better" });
  expect(found!.difference).toBeCloseTo(0.19, 12);
  expect(found!.flips).toMatchObject({ onlyFirst: ["t.39"] });
  expect(found!.flips!.onlySecond).toHaveLength(20);
  expect(found!.flips!.exactP).toBeLessThan(1e-4);
  expect(compareRuns(better, first, settings)[0]!.verdict).toBe("worse");
});

test("a difference of few flips is inconclusive, and says how many samples it takes", () => {
  const first = logOf([...repeat(1, 50), ...repeat(0, 50)]);
  const second = logOf([...repeat(0, 4), ...repeat(1, 46), ...repeat(1, 7), ...repeat(0, 43)]);
  const [found] = compareRuns(first, second, settings);
  expect(found!.verdict).toBe("inconclusive");
  expect(found!.interval.low).toBeLessThan(0);
  expect(found!.samplesNeeded).toBeGreaterThan(500);
  expect(compareRuns(first, first, settings)[0]).toMatchObject({
    ...{ difference: 0, verdict: "inconclusive", samplesNeeded: undefined },
  });
});

test("samples that one run has not scored are left out, and others need no McNemar", () => {
  const random = new Random(3);
  const values = Array.from({ length: 200 }, () => random.uniform());
  const moved = values.map((value, i) => (i === 0 ? null : value + 0.05 * random.uniform()));
  const [found] = compareRuns(logOf(values), logOf(moved), settings);
  expect(found).toMatchObject({ n: 199, flips: undefined, verdict: "better" });
  expect(found!.interval.low).toBeGreaterThan(0.02);
});

test("under no difference at most some runs in twenty are told apart", () => {
  let real = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const draw = () => Array.from({ length: 80 }, () => (random.uniform() < 0.6 ? 1 : 0));
    const [found] = compareRuns(logOf(draw()), logOf(draw()), { ...settings, draws: 400 });
    if (found!.verdict !== "inconclusive") real++;
  }
  expect(real).toBeLessThanOrEqual(9);
});

test("runs of other samples are not compared", () => {
  const [a, b] = [logOf([1]), logOf([1], { dataHash: "other" })];
  expect(() => compareRuns(a, b, settings)).toThrow(/their dataHash is h and other/);
});
