/**
 * Columns of text for a terminal: the heading, then the rows, two spaces between columns.
 *
 * @param columns.align - numbers stand to the right
 */
export function textTable(
  columns: readonly { readonly title: string; readonly align?: "left" | "right" }[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? "").length)));
  const cell = (text: string, i: number) =>
    columns[i]?.align === "right" ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
  return lines.map((line) => `${line.map(cell).join("  ").trimEnd()}\n`).join("");
}
