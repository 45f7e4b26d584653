import { describe, expect, test } from "vitest";
import { isRelaxedMatch, isRelaxedMatchToAny } from "./relaxed-accuracy.ts";

describe("Pix2Struct's rule", () => {
  test.each([
    ["105", "100", true],
    ["106", "100", false],
    ["95", "100", true],
    ["-100", "100", false],
    ["5%", "0.05", true],
    ["5%", "5", false],
    ["0", "0", true],
    ["0.0", "0", false],
    ["1,000", "1000", false],
    ["Blue", "blue", true],
    ["nan", "nan", false],
    ["", "", true],
    ["%", "%", true],
  ])("%j for %j: %s", (prediction, answer, isRight) => {
    expect(isRelaxedMatch(prediction, answer)).toBe(isRight);
  });
});

describe("lm-evaluation-harness's rule", () => {
  test.each([
    ["$1,234.5!", "1234.5", true],
    ["5%", "5", true],
    ["5%", "0.05", true],
    ["0.05", "5%", true],
    ["0", "0.0", true],
    ["B) blue", "b", true],
    ["blue", "blu", false],
    ["'Yes'", "yes", true],
    ["YES.", "yes", true],
    ["yes", "yes.", false],
    ["12 cm.", "12 cm", true],
    ["②.", "②", true],
    ["", "", true],
    ["%", "%", false],
  ])("%j for %j: %s", (prediction, answer, isRight) => {
    expect(isRelaxedMatchToAny(prediction, [answer])).toBe(isRight);
    expect(isRelaxedMatchToAny(prediction, ["no such thing", answer])).toBe(isRight);
  });

  test("no right answer is refused", () => {
    expect(() => isRelaxedMatchToAny("1", [])).toThrow(/expected at least one reference/);
  });
});
