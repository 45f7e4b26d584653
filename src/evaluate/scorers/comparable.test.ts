import { expect, test } from "vitest";
import { comparable } from "./comparable.ts";

test.each([
  ["  The Answer. ", "the answer"],
  ["「北京」。", "北京"],
  ["ＡＢＣ１２，３", "abc12,3"],
  ["٤٢", "42"],
  ["१२३।", "123"],
  ["৩৭%", "37"],
  ["𝟗𝟗", "99"],
  ["a\u00a0 b\n", "a b"],
  ["−5", "-5"],
  ["$-5", "-5"],
  [".5", ".5"],
  ["- yes", "yes"],
  ["x²", "x^2"],
  ["3½", "3 1\u20442"],
  ["C#", "c#"],
  ["C++", "c++"],
  ["?", "?"],
  ["كِتَابٌ", "كتاب"],
  ["كـــتاب", "كتاب"],
  ["שָׁלוֹם", "שלום"],
  ["\u200fשלום\u200e", "שלום"],
  ["ΟΔΟΣ", "οδος"],
])("%j is compared as %j", (text, wanted) => {
  expect(comparable(text)).toBe(wanted);
});

test.each([
  ["10²", "102"],
  ["-5", "5"],
  ["C#", "C"],
  ["三", "3"], // a numeral that is a word
  ["أحمد", "احمد"], // another letter
  ["על", "אל"],
  ["kırık", "kirik"],
  ["國", "国"],
])("%j is not %j", (text, other) => {
  expect(comparable(text)).not.toBe(comparable(other));
});
