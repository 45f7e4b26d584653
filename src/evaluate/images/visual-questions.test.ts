import { expect, test } from "vitest";
import type { TaskSample } from "../primer/primer-tasks.ts";
import { comparePaired } from "./visual-questions.ts";

function sample(id: string, task: string, difficulty: number, correct: boolean): TaskSample {
  return { id, task, difficulty, correct, prompt: "", expected: "", answer: "", explanation: "" };
}

test("answers are paired by question, by task and with all tasks together", () => {
  const ours = [
    sample("a1", "shapes", 1, true),
    sample("a2", "shapes", 1, true),
    sample("a3", "shapes", 1, false),
    sample("b1", "charts", 1, true),
    sample("b2", "charts", 1, false),
    sample("a4", "shapes", 2, false),
    sample("a5", "shapes", 2, true),
  ];
  const theirs = [
    sample("b2", "charts", 1, false),
    sample("b1", "charts", 1, false),
    sample("a1", "shapes", 1, true),
    sample("a2", "shapes", 1, false),
    sample("a3", "shapes", 1, false),
    sample("a4", "shapes", 2, true),
    sample("a5", "shapes", 2, false),
    sample("other", "shapes", 2, true),
  ];
  const rows = comparePaired(ours, theirs);
  expect(rows.map(({ task, difficulty, n }) => [task, difficulty, n])).toEqual([
    ["shapes", 1, 3],
    ["shapes", 2, 2],
    ["charts", 1, 2],
    ["all", 1, 5],
    ["all", 2, 2],
  ]);
  const all = rows.find(({ task }) => task === "all")!;
  expect([all.accuracy, all.baselineAccuracy]).toEqual([0.6, 0.2]);
  // differences 1, 0, 0, 1, 0: mean 0.4, standard deviation sqrt(0.3), t(0.975; 4) = 2.776
  expect(all.difference.mean).toBeCloseTo(0.4, 12);
  const half = 2.7764451 * Math.sqrt(0.3 / 5);
  expect(all.difference.interval.low).toBeCloseTo(0.4 - half, 6);
  expect(all.difference.interval.high).toBeCloseTo(0.4 + half, 6);
});
