import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GateResult } from "../compare/gates.ts";
import type { EvalLog } from "../log/eval-log.ts";
import { latencyOf, verdictOf, type WatchEntry, watchExitCode } from "./watch-entry.ts";
import { WatchHistory } from "./watch-history.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-watch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function entry(changes: Partial<WatchEntry> = {}): WatchEntry {
  const interval = { low: Number.NaN, high: Number.NaN, level: 0.95 };
  return {
    ...{ round: "2026-11-29T12-00-00.000Z", time: "2026-11-29T12:01:00.000Z", name: "a" },
    ...{ task: "t", models: ["m"], samples: 1, reached: 1, errors: 0, firstError: null },
    scores: [{ name: "accuracy", n: 1, mean: 1, interval, unscored: 0 }],
    ...{ usage: [], cost: null, latency: null, gates: [], baseline: null, verdict: "PASS" },
    ...{ log: "rounds/r/a.jsonl", ...changes },
  };
}

test("a torn last line is left out and cut off, any other odd line is refused", async () => {
  const history = await WatchHistory.read(folder);
  expect(history.halfRound()).toBeUndefined();
  const begun = Date.parse("2026-11-29T12:00:00Z");
  const round = await history.begin(begun);
  await history.append(entry({ round }));
  const path = join(folder, "history.jsonl");
  await appendFile(path, '{"round": "2026-11-2');
  const again = await WatchHistory.read(folder);
  expect(again.entries).toEqual([entry({ round })]); // what is not a number came back
  expect(again.halfRound()).toEqual({ round, begun });
  await again.append(entry({ round, name: "b" }));
  expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(2);
  expect(again.of(round).map(({ name }) => name)).toEqual(["a", "b"]);
  await again.end(round);
  expect((await WatchHistory.read(folder)).halfRound()).toBeUndefined();
  expect(again.baseline("b", undefined)?.name).toBe("b");
  expect(again.baseline("c", round)).toBeUndefined();
  await writeFile(path, `{}\n${JSON.stringify(entry())}\n`);
  await expect(WatchHistory.read(folder)).rejects.toThrow(/line 1: expected a line of a history/);
});

test("latencies are those of calls that were made", () => {
  const call = (milliseconds: number, isCached = false) => ({ milliseconds, isCached });
  const times = [400, 100, 300, 200, 500].map((time) => call(time));
  const log = { records: [{ calls: times }, { calls: [call(9, true)] }] } as unknown as EvalLog;
  // type 7: the place 0.95 * 4 = 3.8 is 0.8 of the way from 400 to 500
  expect(latencyOf(log)).toEqual({ calls: 5, medianMs: 300, p95Ms: expect.closeTo(480, 9) });
  expect(latencyOf({ ...log, records: [] })).toBeNull();
});

test("verdicts: errors, then what is missing, then the gates", () => {
  const gate = (verdict: GateResult["verdict"]): GateResult => ({
    ...{ gate: "g", verdict, reason: "" },
    samplesNeeded: undefined,
  });
  const of = (changes: object) =>
    verdictOf({
      asked: 4,
      errors: 0,
      mostErrors: undefined,
      isWhole: true,
      gates: [],
      ...changes,
    });
  expect(of({})).toBe("PASS");
  expect(of({ errors: 4, gates: [gate("PASS")] })).toBe("ERROR");
  expect(of({ errors: 2, mostErrors: 2, isWhole: false })).toBe("ERROR");
  expect(of({ errors: 2, isWhole: false })).toBe("UNFINISHED");
  expect(of({ errors: 2, gates: [gate("PASS"), gate("INCONCLUSIVE")] })).toBe("INCONCLUSIVE");
  expect(of({ gates: [gate("INCONCLUSIVE"), gate("FAIL")] })).toBe("FAIL");
  const codes = (["PASS", "INCONCLUSIVE", "UNFINISHED", "FAIL", "ERROR"] as const).map((verdict) =>
    watchExitCode([entry(), entry({ verdict })]),
  );
  expect(codes).toEqual([0, 3, 3, 1, 1]);
});
