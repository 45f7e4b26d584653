import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
  formatRange,
  formatScientific,
} from "./number-format.ts";

test("numbers as a report prints them", () => {
  expect(formatScientific(2.4e13)).toBe("2.4 × 10¹³");
  expect(formatScientific(0.00123, 3)).toBe("1.23 × 10⁻³");
  expect(formatCount(21_800_000)).toBe("21\u202f800\u202f000");
  expect(formatCount(999)).toBe("999");
  expect(formatPercent(0.0123, { isSigned: true })).toBe("+1.2\u00a0%");
  expect(formatPercent(-0.5, { digits: 0 })).toBe("\u221250\u00a0%");
  expect(formatRange(2.6789, 3, formatLoss)).toBe("2.679 to 3.000");
});

test("bytes and durations take the unit that fits", () => {
  expect([0, 999, 1000, 5.5e7, 1e16].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "55.0 MB",
    "1.00e+4 TB",
  ]);
  expect([3.21, 61, 7260].map(formatDuration)).toEqual(["3.2 s", "1 min 1 s", "2 h 1 min"]);
});
