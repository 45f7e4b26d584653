import { expect, test } from "vitest";
import { lastNumber } from "./last-number.ts";

test.each([
  ["so it is 1,234.5.", 1234.5],
  ["7 apples, then −3", -3],
  ["from 10-5 on", 5],
  ["答案是４２", 42],
  ["الجواب ١٬٢٣٤٫٥", 1234.5],
  ["उत्तर १२,३४,५६७ है", 1_234_567],
  ["1e3 or 2.5e-2", 0.025],
  ["it is .5", 0.5],
  ["1 234 567 with narrow blanks: 1\u202f234\u202f567", 1_234_567],
  ["1'234", 1234],
  ["37%", 37],
])("the last number of %j is %s", (text, wanted) => {
  expect(lastNumber(text)?.value).toBe(wanted);
});

test.each([
  ["es sind 3,14", "3,14"],
  ["1.234,56 €", "1.234,56"],
  ["1.234.567", "1.234.567"],
  ["1/2", "1/2"],
  ["at 10:30.", "10:30"],
  ["5 × 10³", "10^3"],
  ["10⁻³", "10^-3"],
  ["0,500", "0,500"],
])("%j may be several numbers: %j is none", (text, token) => {
  expect(lastNumber(text)).toEqual({ text: token, value: undefined });
});

test("a text without digits has no number, and numerals that are words are none", () => {
  expect(lastNumber("none")).toBeUndefined();
  expect(lastNumber("四十二")).toBeUndefined();
});
