import { expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { parseReducers, reducedName } from "./reducer.ts";

const reduced = (name: string, values: readonly number[], answers?: readonly string[]) =>
  parseReducers([name], values.length)[0]!.reduce(
    values.map((value, i) => ({ value, ...(answers && { answer: answers[i]! }) })),
  );

test.each([
  ["mean", [1, 0, 0, 1], 0.5],
  ["max", [0, 0.25, 0], 0.25],
  ["majority", [1, 0, 0], 0],
  ["majority", [1, 0], 0.5],
  ["pass@1", [1, 0, 0, 0], 0.25],
  ["pass@2", [1, 0, 0, 0], 0.5], // 1 - C(3, 2) / C(4, 2)
  ["pass@4", [1, 0.5, 0, 0], 1],
  ["pass@2", [0.9, 0.9], 0],
])("%s of %j", (name, values, value) => {
  expect(reduced(name, values)).toBeCloseTo(value, 12);
});

test("a majority is of answers, where they were read", () => {
  expect(reduced("majority", [0, 0, 0, 1, 1], ["3", "4", "5", "7", "7"])).toBe(1);
  expect(reduced("majority", [0, 0, 1, 1], ["3", "3", "7", "7"])).toBe(0.5);
});

test("right is what is the best of its score, be that 1, 100 or 0", () => {
  const [reducer] = parseReducers(["pass@1"], 2);
  const passed = (values: readonly number[], best: number) =>
    reducer!.reduce(values.map((value) => ({ value, best })));
  expect(passed([100.00000000000004, 34], 100)).toBeCloseTo(0.5, 12);
  expect(passed([0, 25], 0)).toBeCloseTo(0.5, 12);
});

test("several reducers, and names of none", () => {
  const reducers = parseReducers(["mean,pass@1", "pass@3", "mean"], 3);
  expect(reducers.map((one) => reducedName("accuracy", one))).toEqual([
    ...["accuracy", "accuracy/pass@1", "accuracy/pass@3"],
  ]);
  expect(reducers[2]!.reduce([{ value: 1 }, { value: 1 }])).toBeNull();
  expect(() => parseReducers(["median"], 3)).toThrow('or pass@K, got "median"');
  expect(() => parseReducers(["pass@0"], 3)).toThrow(ConfigError);
  expect(() => parseReducers(["pass@5"], 3)).toThrow("give --epochs 5 or more");
});
