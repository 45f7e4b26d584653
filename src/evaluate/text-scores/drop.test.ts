import { describe, expect, test } from "vitest";
import { dropScore, dropSpansScore, normalizeSpan } from "./drop.ts";

describe("spans", () => {
  test.each([
    ["The 3 Dogs!", "3.0 dogs"],
    ["-5", "5.0"],
    ["1,000 twenty-three", "1000.0 twenty three"],
    ["1e16 1_0 .5 nan", "1e+16 10.0 0.5 nan"],
    ["٣ ５", "3.0 5.0"],
    ["the", ""],
  ])("%j is compared as %j", (span, normalized) => {
    expect(normalizeSpan(span)).toBe(normalized);
  });

  test("identical spans get 1 in any order", () => {
    const spans = ["New York", "7", "a dog"];
    expect(dropSpansScore(spans, spans.toReversed())).toEqual({ exactMatch: 1, f1: 1 });
  });

  test("are paired so that the sum is greatest, and missing ones count as 0", () => {
    // "b" could take "b c" as well as "b d", but then "b c" would get only half of "b d".
    expect(dropSpansScore(["b c", "b d"], ["b", "b c"]).f1).toBe(0.83);
    expect(dropSpansScore(["x"], ["x", "y", "z"])).toEqual({ exactMatch: 0, f1: 0.33 });
    expect(dropSpansScore(["x", "y", "z"], ["x"])).toEqual({ exactMatch: 0, f1: 0.33 });
  });

  test("with a number need a number in common", () => {
    expect(dropSpansScore(["8 yards"], ["7 yards"]).f1).toBe(0);
    expect(dropSpansScore(["7.0 metres"], ["7 yards"]).f1).toBe(0.5);
  });

  test("F1 is rounded half to even", () => {
    const [predicted, gold] = [["w", "b", "c", "d", "e", "f", "g", "h"], ["w"]];
    expect(dropSpansScore(predicted!, gold!).f1).toBe(0.12); // 1 in 8
  });
});

describe("right answers", () => {
  test("each figure is the best one's, but a blank answer is none", () => {
    expect(dropScore(["x"], [["y"], ["x", "z"], ["x"]])).toEqual({ exactMatch: 1, f1: 1 });
    expect(dropScore(["x"], [["", "x"]])).toEqual({ exactMatch: 0, f1: 0 });
  });

  test("none, and answers without a span, are refused", () => {
    expect(() => dropScore(["x"], [])).toThrow(/dropScore: expected at least one reference/);
    expect(() => dropScore([], [["x"]])).toThrow(/predicted spans: expected at least one/);
  });
});
