import { expect, test } from "vitest";
import {
  answerLabels,
  humanVerdict,
  labelAgreement,
  pairLabels,
  type SampleVerdicts,
} from "./human-labels.ts";

test.each([
  ["Yes", "YES"],
  [true, "YES"],
  [0, "NO"],
  ["incorrect.", "NO"],
  ["", undefined],
  [null, undefined],
])("the label %j is %s", (label, verdict) => {
  expect(humanVerdict({ id: "a.0", data: { human: label } }, "human", answerLabels)).toBe(verdict);
});

test("labels of pairs name a side, and others are refused", () => {
  const of = (label: unknown) =>
    humanVerdict({ id: "a.0", data: { human: label } }, "human", pairLabels);
  expect([of("a"), of(2), of("Tie")]).toEqual(["A", "B", "TIE"]);
  expect(() => of("maybe")).toThrow('a.0: the column "human": expected a verdict such as a, first');
});

test("kappa and the table of what was said by both", () => {
  // the table of cohen-kappa's test: 20, 5, 10, 15
  const pairs = (count: number, judge: string | undefined, human: string | undefined) =>
    Array.from({ length: count }, () => ({ judge, human }));
  const all = [
    ...[...pairs(20, "YES", "YES"), ...pairs(5, "YES", "NO")],
    ...[...pairs(10, "NO", "YES"), ...pairs(15, "NO", "NO")],
    ...[...pairs(3, undefined, "NO"), ...pairs(2, "YES", undefined)],
  ];
  const { kappa, table } = labelAgreement(all, ["YES", "NO"]);
  expect(kappa[0]).toMatchObject({ name: "kappa", n: 50, unscored: 5 });
  expect(kappa[0]!.mean).toBeCloseTo(0.4, 12);
  expect(table).toEqual({
    ...{ judge_yes_human_yes: 20, judge_yes_human_no: 5 },
    ...{ judge_no_human_yes: 10, judge_no_human_no: 15 },
  });
});

test("labels of one sample that was judged several times are not several labels", () => {
  const all = Array.from({ length: 40 }, (_, i) => {
    const human = i % 2 === 0 ? "YES" : "NO";
    return { id: `t.${i}`, human, judge: i % 5 === 0 ? "YES" : human };
  });
  const width = (pairs: readonly SampleVerdicts[]) => {
    const [kappa] = labelAgreement(pairs, ["YES", "NO"]).kappa;
    expect(kappa).toMatchObject({ n: 40, unscored: 0 });
    return kappa!.interval.high - kappa!.interval.low;
  };
  const often = Array.from({ length: 9 }, () => all).flat();
  const ratio = width(often) / width(all); // a third, if each counted
  expect([ratio > 0.8, ratio < 1.25]).toEqual([true, true]);
});

test("of perfect agreement no interval is known, of no pair no kappa", () => {
  const both = { judge: "YES", human: "YES" };
  const { kappa } = labelAgreement([both, { judge: "NO", human: "NO" }], ["YES", "NO"]);
  expect(kappa[0]).toMatchObject({ mean: 1, interval: { low: Number.NaN, high: Number.NaN } });
  expect(labelAgreement([{ ...both, human: undefined }], ["YES", "NO"]).kappa).toEqual([]);
});
