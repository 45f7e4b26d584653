import { expect, test } from "vitest";
import { formatPythonFloat, parsePythonFloat } from "./_python-float.ts";

test.each([
  ["3", 3],
  ["+.5e-1", 0.05],
  ["5.", 5],
  ["1_000.2_5", 1000.25],
  ["\u00a0 7\n", 7],
  ["٣.٥", 3.5],
  ["𝟗𝟘", 90],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["iNf", Number.POSITIVE_INFINITY],
  ["nan", Number.NaN],
  ["1e999", Number.POSITIVE_INFINITY],
])("%j is %d", (text, number) => {
  expect(parsePythonFloat(text)).toBe(number);
});

test.each(["", ".", "1,000", "1__0", "_1", "1_", "0x10", "1e", "+ 5", "\u001c5", "²", "5%"])(
  "%j is no number",
  (text) => {
    expect(parsePythonFloat(text)).toBeUndefined();
  },
);

test.each([
  [3, "3.0"],
  [-0, "-0.0"],
  [0.0001, "0.0001"],
  [0.00001, "1e-05"],
  [1e15, "1000000000000000.0"],
  [1e16, "1e+16"],
  [1.5e300, "1.5e+300"],
  [Number.NaN, "nan"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("%d is written %s", (number, text) => {
  expect(formatPythonFloat(number)).toBe(text);
});
