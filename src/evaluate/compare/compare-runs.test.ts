import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import type { EvalLog } from "../log/eval-log.ts";
import { parseReducers } from "../summary/reducer.ts";
import { compareRuns } from "./compare-runs.ts";

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
    usage: [],
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

test("of a score of which less is better, less is better", () => {
  const losses = (values: readonly number[]): EvalLog => {
    const log = logOf(values);
    const records = log.records.map((record, i) => ({
      ...{ ...record, scores: { sentence_ter: { value: values[i]!, best: 0 } } },
    }));
    return { ...log, records };
  };
  const values = Array.from({ length: 50 }, (_, i) => 20 + i);
  const [found] = compareRuns(losses(values), losses(values.map((v) => v - 3)), settings);
  expect(found).toMatchObject({ isLoss: true, difference: -3, verdict: "better" });
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

test("a few samples or clusters that all differ to one side tell nothing apart", () => {
  const verdict = (count: number, size = 1) => {
    const values = Array.from({ length: count * size }, (_, i) => i / 100);
    const [first, second] = [logOf(values), logOf(values.map((value) => value + 0.2))];
    const [a, b] = size === 1 ? [first, second] : [clustered(first, size), clustered(second, size)];
    return compareRuns(a, b, settings)[0]!.verdict;
  };
  // 2^-4 and 2^-5, two-sided
  expect([verdict(1), verdict(5), verdict(6)]).toEqual(["inconclusive", "inconclusive", "better"]);
  expect([verdict(2, 20), verdict(5, 20), verdict(6, 20)]).toEqual([
    ...["inconclusive", "inconclusive", "better"],
  ]);
});

test("runs of other samples are not compared", () => {
  const [a, b] = [logOf([1]), logOf([1], { dataHash: "other" })];
  expect(() => compareRuns(a, b, settings)).toThrow(
    /first has 1 samples \(of hash h\), the second 1 samples \(of hash other\)/,
  );
});

/** The same log with each sample in a cluster of so many. */
function clustered({ records, ...log }: EvalLog, size: number): EvalLog {
  const grouped = records.map((record, i) => ({ ...record, cluster: `c${Math.floor(i / size)}` }));
  return { ...log, records: grouped };
}

test("clustered samples are compared by their clusters", () => {
  // in every second passage all ten questions were won, in every third lost
  const won = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 1 : i % 3 === 0 ? -1 : 0));
  const first = logOf(won.flatMap((step) => repeat(step < 0 ? 1 : 0, 10)));
  const second = logOf(won.flatMap((step) => repeat(step > 0 ? 1 : 0, 10)));
  expect(compareRuns(first, second, settings)[0]).toMatchObject({ verdict: "better", n: 120 });
  const [found] = compareRuns(clustered(first, 10), clustered(second, 10), settings);
  expect(found).toMatchObject({ verdict: "inconclusive", clusters: 12, samplesNeeded: undefined });
  const half = (found!.interval.high - found!.interval.low) / 2;
  const spread = Math.sqrt(won.reduce<number>((sum, one) => sum + (one - 1 / 3) ** 2, 0) / 11 / 12);
  expect(half).toBeCloseTo(2.200985 * spread, 5); // Student's t with 11 degrees of freedom
  const [one] = compareRuns(clustered(first, 120), second, settings);
  expect(one).toMatchObject({ verdict: "inconclusive", clusters: 1 });
});

test("of clustered runs without a difference few are told apart, many if clusters do not count", () => {
  const real = { clustered: 0, naive: 0 };
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const draw = () =>
      logOf(Array.from({ length: 20 }, () => repeat(random.uniform() < 0.5 ? 1 : 0, 6)).flat());
    const [a, b] = [draw(), draw()];
    const isReal = (x: EvalLog, y: EvalLog) =>
      compareRuns(x, y, { ...settings, draws: 200 })[0]!.verdict !== "inconclusive";
    if (isReal(clustered(a, 6), clustered(b, 6))) real.clustered++;
    if (isReal(a, b)) real.naive++;
  }
  expect(real.clustered).toBeLessThanOrEqual(18);
  expect(real.naive).toBeGreaterThan(60);
});

test("runs that asked several times are compared by reduced values", () => {
  const epochs = (values: readonly (readonly number[])[]): EvalLog => ({
    ...logOf([]),
    records: values.flatMap((ofSample, i) =>
      logOf(ofSample).records.map((record, e) => ({ ...record, id: `t.${i}`, epoch: e + 1 })),
    ),
  });
  const first = epochs([
    [1, 0],
    [0, 0],
    [1, 1],
  ]);
  const second = epochs([
    [1, 1],
    [0, 1],
    [1, 1],
  ]);
  const reducers = parseReducers(["mean,pass@2"], 2);
  const found = compareRuns(first, second, { ...settings, reducers });
  expect(found.map(({ name, n, difference }) => [name, n, difference])).toEqual([
    ["accuracy", 3, expect.closeTo(1 / 3, 12)],
    ["accuracy/pass@2", 3, expect.closeTo(1 / 3, 12)],
  ]);
  expect([found[0]!.flips, found[1]!.flips?.onlySecond]).toEqual([undefined, ["t.1"]]);
});
