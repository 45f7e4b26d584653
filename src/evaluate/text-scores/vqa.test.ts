import { describe, expect, test } from "vitest";
import { normalizeVqaPunctuation, normalizeVqaWords, vqaAccuracy } from "./vqa.ts";

function accuracy(prediction: string, matching: number, annotators = 10): number {
  const others = Array.from({ length: annotators - matching }, (_, i) => `other ${i}`);
  return vqaAccuracy(prediction, [...others, ...Array(matching).fill(prediction)]).accuracy;
}

describe("accuracy", () => {
  test("is the mean over annotators of how many of the others agree, of three", () => {
    expect(accuracy("cat", 0)).toBe(0);
    expect(accuracy("cat", 1)).toBeCloseTo(0.3, 12);
    expect(accuracy("cat", 2)).toBeCloseTo(0.6, 12);
    expect(accuracy("cat", 3)).toBeCloseTo(0.9, 12);
    expect(accuracy("cat", 4)).toBe(1);
  });

  test("the order of annotators does not matter", () => {
    const answers = ["two", "2", "three", "a 2", "2."];
    const { prediction, accuracy } = vqaAccuracy("Two", answers);
    expect(prediction).toBe("2");
    expect(vqaAccuracy("Two", answers.toReversed()).accuracy).toBe(accuracy);
    expect(accuracy).toBe(1);
  });

  test("nothing is normalized where all annotators say the same", () => {
    expect(vqaAccuracy("Yes", Array(10).fill("yes")).accuracy).toBe(0);
    expect(vqaAccuracy(" yes\n", Array(10).fill("yes")).accuracy).toBe(1);
    expect(vqaAccuracy("Yes", [...Array(9).fill("yes"), "no"]).accuracy).toBe(1);
  });

  test("empty answers are answers, and no annotator is refused", () => {
    expect(vqaAccuracy("", Array(10).fill("")).accuracy).toBe(1);
    expect(() => vqaAccuracy("x", [])).toThrow(/vqaAccuracy: expected at least one reference/);
  });
});

describe("punctuation", () => {
  test.each([
    ["rate-limiting", "rate limiting"],
    ["yes! no", "yes no"],
    ["1,000 a-b", "1000 ab"],
    ["U.S. 3.5 .5", "US 3.5 .5"],
    ["what's 5%: #1", "what's 5%: #1"],
  ])("%j becomes %j", (text, processed) => {
    expect(normalizeVqaPunctuation(text)).toBe(processed);
  });

  test("only the first 32 periods go", () => {
    expect(normalizeVqaPunctuation(".".repeat(40))).toBe(".".repeat(8));
  });
});

test("words: numbers as digits, no articles, apostrophes put back by the table", () => {
  expect(normalizeVqaWords("None of THE two dogs")).toBe("0 of 2 dogs");
  expect(normalizeVqaWords("dont hed've 'ows'at somebody'd im its")).toBe(
    "don't he'd've 'ow's'at somebodyd im its",
  );
  expect(normalizeVqaWords("constructor toString")).toBe("constructor tostring");
});
