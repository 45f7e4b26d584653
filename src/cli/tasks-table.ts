import type { TaskScore } from "../evaluate/primer/primer-tasks.ts";
import { textTable } from "./text-table.ts";

/** How often a model solved each task, by level. */
export function tasksTable(scores: readonly TaskScore[]): string {
  const right = "right" as const;
  const columns = [
    { title: "task" },
    { title: "level", align: right },
    { title: "right", align: right },
    { title: "accuracy", align: right },
    { title: "95 % interval", align: right },
  ];
  const rows = scores.map(({ task, difficulty, n, correct, accuracy, interval }) => [
    task,
    String(difficulty),
    `${correct} of ${n}`,
    accuracy.toFixed(3),
    `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`,
  ]);
  return textTable(columns, rows);
}
