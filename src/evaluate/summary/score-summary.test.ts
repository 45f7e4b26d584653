import { describe, expect, test } from "vitest";
import { wilsonInterval } from "../../statistics/intervals.ts";
import { Random } from "../../statistics/random.ts";
import type { ScoreKind } from "../eval-task.ts";
import type { SampleRecord } from "../log/sample-record.ts";
import { parseReducers } from "./reducer.ts";
import { type ScoreSummary, summarise } from "./score-summary.ts";

interface Given {
  readonly value: number | null;
  readonly id?: number;
  readonly epoch?: number;
  readonly cluster?: string;
}

function records(given: readonly Given[]): SampleRecord[] {
  return given.map(({ value, id, ...own }, i) => ({
    ...{ type: "sample-end", time: "", id: `t.${id ?? i}`, calls: [], events: [], ...own },
    scores: { s: { value } },
  }));
}

function summary(
  given: readonly Given[],
  kind: ScoreKind,
  reducers: readonly string[] = ["mean"],
): ScoreSummary[] {
  const options = { level: 0.95, kinds: { s: kind }, reducers: parseReducers(reducers, 9) };
  return summarise(records(given), options);
}

const values = (...list: readonly number[]) => list.map((value) => ({ value }));

describe("the interval of a score", () => {
  test("that is right or wrong is Wilson's", () => {
    expect(summary(values(1, 1, 1), "binary")[0]!.interval).toEqual(wilsonInterval(3, 3));
  });

  test("that happens to be all 0 or all 1 is no proportion's", () => {
    const [share] = summary(values(1, 1, 1, 1, 1), "share");
    expect(share!.interval.low).toBeCloseTo(0.025 ** (1 / 5), 12);
    expect(share!.interval.high).toBe(1);
    const [number] = summary(values(0, 0, 0, 0, 0), "number");
    expect([number!.mean, number!.interval.low]).toEqual([0, Number.NaN]);
  });

  test("without spread between 0 and 1 is Hoeffding's bound", () => {
    const { low, high } = summary(values(...new Array<number>(50).fill(0.4)), "share")[0]!.interval;
    const half = Math.sqrt(Math.log(40) / 100);
    expect([low, high]).toEqual([expect.closeTo(0.4 - half, 12), expect.closeTo(0.4 + half, 12)]);
    const orders = [0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1].map((sum) => sum / 3);
    expect(orders[0]).not.toBe(orders[1]); // 0.2, but for a rounding
    const rounded = summary(values(...orders, ...orders), "share")[0]!.interval;
    expect(rounded.high).toBeGreaterThan(0.5);
  });

  test("from 0 to 1 ends there, of any numbers it does not", () => {
    const given = values(1, 1, 1, 0.9);
    expect(summary(given, "share")[0]!.interval.high).toBe(1);
    expect(summary(given, "number")[0]!.interval.high).toBeGreaterThan(1);
  });

  test("of nothing is not a number", () => {
    const [none] = summary([{ value: null }], "share");
    expect(none).toMatchObject({ n: 0, unscored: 1, mean: Number.NaN });
  });
});

test("samples are reduced before their mean, and n counts samples", () => {
  const given = [
    ...[1, 1, 0].map((value, i) => ({ value, id: 0, epoch: i + 1 })),
    ...[0, 0, 0].map((value, i) => ({ value, id: 1, epoch: i + 1 })),
    ...[1, 0, null].map((value, i) => ({ value, id: 2, epoch: i + 1 })),
    ...[null, null, null].map((value, i) => ({ value, id: 3, epoch: i + 1 })),
  ];
  const found = summary(given, "binary", ["mean", "max", "pass@3"]);
  expect(found.map(({ name, n, mean, unscored }) => [name, n, mean, unscored])).toEqual([
    ["s", 3, expect.closeTo((2 / 3 + 0 + 1 / 2) / 3, 12), 1],
    ["s/max", 3, expect.closeTo(2 / 3, 12), 1],
    ["s/pass@3", 2, 0.5, 2],
  ]);
  expect(found[1]!.interval).toEqual(wilsonInterval(2, 3));
});

describe("clustered samples", () => {
  test("one source alone has no spread, equal ones that of their number", () => {
    const one = values(1, 0, 1).map((given) => ({ ...given, cluster: "a" }));
    expect(summary(one, "number")[0]).toMatchObject({ clusters: 1, interval: { low: Number.NaN } });
    const copies = ["a", "b", "c", "d"].flatMap((cluster, i) =>
      new Array<Given>(5).fill({ value: i % 2, cluster }),
    );
    const apart = summary(values(0, 1, 0, 1), "number")[0]!.interval;
    const together = summary(copies, "number")[0]!.interval;
    expect(together.low).toBeCloseTo(apart.low, 12);
    const full = copies.map((given) => ({ ...given, value: 1 }));
    expect(summary(full, "binary")[0]!.interval.low).toBeCloseTo(0.025 ** (1 / 4), 12);
  });

  test("have intervals that hold the truth as often as they say, where naive ones do not", () => {
    const [clusters, size, runs] = [30, 8, 500];
    const held = { clustered: 0, naive: 0 };
    const random = new Random(20241101);
    for (let run = 0; run < runs; run++) {
      // each source is easy or hard: right with 0.9 or 0.3, in the mean 0.6
      const given = Array.from({ length: clusters }, (_, i) => {
        const rate = random.uniform() < 0.5 ? 0.9 : 0.3;
        const draw = () => ({ value: random.uniform() < rate ? 1 : 0, cluster: `${i}` });
        return Array.from({ length: size }, draw);
      }).flat();
      const covers = ({ interval: { low, high } }: ScoreSummary) => low <= 0.6 && 0.6 <= high;
      if (covers(summary(given, "binary")[0]!)) held.clustered++;
      if (
        covers(
          summary(
            given.map(({ value }) => ({ value })),
            "binary",
          )[0]!,
        )
      )
        held.naive++;
    }
    expect(held.clustered / runs).toBeGreaterThan(0.925);
    expect(held.clustered / runs).toBeLessThan(0.975);
    expect(held.naive / runs).toBeLessThan(0.8);
  });
});
