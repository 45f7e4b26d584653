import type { SampleColumn } from "./samples-table.ts";

/** A run's samples as CSV (RFC 4180), with a first line of names; null is an empty cell. */
export function samplesCsv(columns: readonly SampleColumn[]): string {
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, i) =>
    columns.map(({ values }) => values[i] ?? ""),
  );
  const head = columns.map(({ name }) => name);
  return [head, ...rows].map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
}

function cellText(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
