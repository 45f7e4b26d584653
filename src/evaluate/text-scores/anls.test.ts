import { expect, test } from "vitest";
import { anls } from "./anls.ts";

test("is 1 less the edits by the longer text, but for case and white space", () => {
  expect(anls(" 12  MARCH\n1998", ["12 March 1998"])).toBe(1);
  expect(anls("12 March 1999", ["12 March 1998"])).toBeCloseTo(1 - 1 / 13, 12);
  expect(anls("👍👎x", ["👍👎y"])).toBeCloseTo(2 / 3, 12);
});

test("is 0 from the threshold on", () => {
  expect(anls("ab", ["ax"])).toBe(0);
  expect(anls("ab", ["ax"], 0.6)).toBe(0.5);
});

test("takes the best answer in any order", () => {
  expect(anls("harbor", ["port", "harbour"])).toBe(anls("harbor", ["harbour", "port"]));
});

test("two empty texts are equal, and no answer is refused", () => {
  expect(anls("", [" "])).toBe(1);
  expect(anls("", ["x"])).toBe(0);
  expect(() => anls("x", [])).toThrow(/anls: expected at least one reference/);
});

test("lengths are those of the upper case, where ß is two letters", () => {
  expect(anls("ßx", ["ßy"])).toBeCloseTo(2 / 3, 12);
});
