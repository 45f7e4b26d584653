import { expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, formatFlops } from "./number-format.ts";
import { textTable } from "./text-table.ts";

it("formats counts", () => {
  const counts = [0, 950, 999, 999.7, 12_345, 999_600, 4_560_000, 7.8e9, 1e12, 1e18];
  expect(counts.map(formatCount)).toEqual([
    "0",
    "950",
    "999",
    "1k",
    "12.3k",
    "1M",
    "4.56M",
    "7.8B",
    "1T",
    "1.00e+18",
  ]);
});

it("formats bytes", () => {
  expect([512, 1_500_000, 2e9].map(formatBytes)).toEqual(["512 B", "1.5 MB", "2 GB"]);
});

it("formats durations without jumping at the edges", () => {
  const seconds = [0, 8.44, 9.97, 59.4, 59.6, 192, 3599.6, 7500, Number.NaN];
  expect(seconds.map(formatDuration)).toEqual([
    "0.0s",
    "8.4s",
    "10s",
    "59s",
    "1m00s",
    "3m12s",
    "1h00m",
    "2h05m",
    "?",
  ]);
});

it("formats operations", () => {
  expect(formatFlops(1.349e15)).toBe("1.35e15");
});

it("lays out a table", () => {
  const columns = [{ title: "id" }, { title: "n", align: "right" }, { title: "x" }] as const;
  expect(
    textTable(columns, [
      ["abc", "10", ""],
      ["d", "5", "y"],
    ]),
  ).toBe("id    n  x\nabc  10\nd     5  y\n");
});
