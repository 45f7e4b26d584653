import { expect, test } from "vitest";
import { readVerdict } from "./read-verdict.ts";

test.each([
  ["It is right.\nVERDICT: YES", "YES"],
  ["verdict: no", "NO"],
  ["**VERDICT:** **YES**", "YES"],
  ['{"verdict": "no"}', "NO"],
  ["VERDICT:\nYES", "YES"],
  ["ＶＥＲＤＩＣＴ：ＹＥＳ", "YES"],
  ["First I thought VERDICT: YES.\nBut then:\nVERDICT: NO", "NO"],
  ["<think>VERDICT: NO</think>\nVERDICT: YES", "YES"],
  ["Yes.", "YES"],
  ["Reasons, and no doubt.\n\nNO", "NO"],
  // none of these is clear
  ["VERDICT: YES or NO", undefined],
  ["VERDICT: YES/NO", undefined],
  ["<think>VERDICT: NO, or", undefined],
  ["yes\nno", undefined],
  ["Yes, the answer is right.", undefined],
  ["The verdict is still open: nobody knows.", undefined],
  ["VERDICT: YESTERDAY", undefined],
  ["", undefined],
])("%j is the verdict %s", (text, verdict) => {
  expect(readVerdict(text, ["YES", "NO"])).toBe(verdict);
});

test("other words are other verdicts", () => {
  const words = ["FIRST", "SECOND", "TIE"] as const;
  expect(readVerdict("First, both are good.\nVERDICT: TIE", words)).toBe("TIE");
  expect(readVerdict("First, both are good.", words)).toBeUndefined();
  expect(readVerdict("VERDICT: A", words)).toBeUndefined();
});
