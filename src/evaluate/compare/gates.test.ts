import { expect, test } from "vitest";
import { wilsonInterval } from "../../statistics/intervals.ts";
import { junitXml } from "../log/junit.ts";
import type { CompareVerdict, ScoreComparison } from "./compare-runs.ts";
import { gateExitCode, judgeGate, judgeRegression, parseGate } from "./gates.ts";

const summary = (count: number, n: number) => ({
  ...{ name: "accuracy", n, mean: count / n, unscored: 0 },
  interval: wilsonInterval(count, n),
});

test.each([
  ["accuracy>=0.8", 95, 100, "PASS"],
  ["accuracy >= 0.8", 82, 100, "INCONCLUSIVE"],
  ["accuracy>=0.8", 60, 100, "FAIL"],
  ["accuracy<=0.1", 1, 100, "PASS"],
  ["accuracy<=0.1", 40, 100, "FAIL"],
  ["accuracy<=1e-1", 9, 100, "INCONCLUSIVE"],
])("%s of %i in %i: %s", (text, count, n, verdict) => {
  const found = judgeGate(parseGate(text), [summary(count, n)]);
  expect(found.verdict).toBe(verdict);
  expect(found.samplesNeeded === undefined).toBe(verdict !== "INCONCLUSIVE");
});

test("a score without an interval decides nothing", () => {
  const interval = { low: Number.NaN, high: Number.NaN, level: 0.95 };
  const score = { name: "loss", n: 1, mean: 0.5, unscored: 0, interval };
  expect(judgeGate(parseGate("loss>=0.1"), [score])).toEqual({
    ...{ gate: "loss>=0.1", verdict: "INCONCLUSIVE", samplesNeeded: undefined },
    reason: "0.5000, no interval is known, n 1",
  });
});

test("so many samples as are said to be needed decide", () => {
  const gate = parseGate("accuracy>=0.8");
  const { samplesNeeded } = judgeGate(gate, [summary(164, 200)]);
  expect(samplesNeeded).toBeGreaterThan(200);
  const n = Math.ceil(samplesNeeded! * 1.05);
  expect(judgeGate(gate, [summary(Math.round(0.82 * n), n)]).verdict).toBe("PASS");
});

test("a regression fails when it is proven, and passes when none beyond the margin can be", () => {
  const compared = (difference: number, half: number, verdict: ScoreComparison["verdict"]) =>
    judgeRegression(
      {
        isLoss: false,
        ...{ name: "accuracy", n: 100, first: 0.5, second: 0.5 + difference, difference, verdict },
        interval: { low: difference - half, high: difference + half, level: 0.95 },
        ...{ flips: undefined, samplesNeeded: undefined, samplesToDetect: undefined },
      },
      0.01,
    );
  expect(compared(-0.2, 0.05, "worse").verdict).toBe("FAIL");
  expect(compared(0.005, 0.01, "inconclusive").verdict).toBe("PASS");
  const unsure = compared(0, 0.05, "inconclusive");
  expect([unsure.verdict, unsure.samplesNeeded]).toEqual(["INCONCLUSIVE", 2500]);
  const few = judgeRegression(
    {
      ...{ name: "accuracy", isLoss: false, n: 3, first: 1, second: 1 / 3, difference: -2 / 3 },
      ...{ interval: { low: -1, high: 0, level: 0.95 }, verdict: "inconclusive", flips: undefined },
      ...{ samplesNeeded: 12, samplesToDetect: undefined },
    },
    0.01,
  );
  expect([few.verdict, few.samplesNeeded]).toEqual(["INCONCLUSIVE", 12]);
  expect(gateExitCode([unsure])).toBe(3);
  expect(gateExitCode([unsure, compared(-0.2, 0.05, "worse")])).toBe(1);
  expect(gateExitCode([])).toBe(0);
});

test("of a score of which less is better, a rise is the regression", () => {
  const found = (difference: number, verdict: CompareVerdict) =>
    judgeRegression(
      {
        ...{ name: "sentence_ter", isLoss: true, n: 100, first: 40, second: 40 + difference },
        interval: { low: difference - 0.5, high: difference + 0.5, level: 0.95 },
        ...{ difference, verdict, flips: undefined, samplesNeeded: undefined },
        samplesToDetect: undefined,
      },
      1,
    ).verdict;
  expect(found(5, "worse")).toBe("FAIL");
  expect(found(-5, "better")).toBe("PASS");
  expect(found(0.2, "inconclusive")).toBe("PASS");
  expect(found(0.8, "inconclusive")).toBe("INCONCLUSIVE");
});

test("what is no gate, or of no score, is refused", () => {
  expect(() => parseGate("accuracy=0.8")).toThrow("expected SCORE>=NUMBER");
  expect(() => judgeGate(parseGate("f1>=1"), [summary(1, 2)])).toThrow("there are accuracy");
});

test("JUnit has a case for each gate and sample, with what XML cannot hold left out", () => {
  const record = (id: string, changes: object) => ({
    ...{ type: "sample-end" as const, time: "", id, calls: [], events: [], scores: {} },
    ...changes,
  });
  const xml = junitXml('a"b', {
    gates: [judgeGate(parseGate("accuracy>=0.8"), [summary(60, 100)])],
    records: [
      record("a.0", { scores: { accuracy: { value: 1 } } }),
      record("a.1", { scores: { accuracy: { value: 0, answer: "<\u0000&>" } } }),
      record("a.2", { error: "no server" }),
      record("a.3", { scores: { accuracy: { value: null } } }),
    ],
  });
  expect(xml).toContain('<testsuite name="a&quot;b" tests="5" failures="2" errors="1">');
  expect(xml).toContain(
    'name="a.1"><failure message="score 0, read as &quot;&lt;\\u0000&amp;>&quot;"/>',
  );
  expect(xml).toContain('name="a.3"><skipped message="unscored"/>');
});
