import { textOf } from "../registry/chat-text.ts";
import type { SampleRecord } from "./sample-record.ts";

/**
 * A run's samples as CSV (RFC 4180): id, which time it was asked if several, each score, what was read, the last question and answer, the
 * error; an empty cell is unscored.
 */
export function samplesCsv(records: readonly SampleRecord[]): string {
  const names = [...new Set(records.flatMap(({ scores }) => Object.keys(scores)))];
  const hasEpochs = records.some(({ epoch }) => epoch !== undefined);
  const head = [
    "id",
    ...(hasEpochs ? ["epoch"] : []),
    ...names,
    "read_as",
    "question",
    "answer",
    "error",
  ];
  const rows = records.map(({ id, epoch, scores, calls, error }) => {
    const call = calls.at(-1);
    const question = call?.messages.at(-1);
    return [
      id,
      ...(hasEpochs ? [epoch ?? 1] : []),
      ...names.map((name) => scores[name]?.value ?? ""),
      Object.values(scores)[0]?.answer ?? "",
      question === undefined ? "" : textOf(question),
      call?.texts[0] ?? "",
      error ?? "",
    ];
  });
  return [head, ...rows].map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
