import { describe, expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { dequantiseMatrix, hasBlocks, quantiseMatrix } from "./quantised-matrix.ts";

describe("quantiseMatrix", () => {
  test("4 bits: the largest magnitude is -8, neighbours share a byte", () => {
    const data = new Float32Array(32);
    data.set([4, -4, 1, 0.7, 0]);
    const { scales, blocks } = quantiseMatrix(data, [1, 32], 4);
    expect([...scales]).toEqual([-0.5]);
    // 4 / -0.5 + 8 = 0; -4 would be 16 and is 15; 1 is 6; 0.7 is -1.4, rounded -1, and 8: 7; 0 is 8
    expect([...blocks.subarray(0, 3)]).toEqual([0 | (15 << 4), 6 | (7 << 4), 8 | (8 << 4)]);
    expect([...dequantiseMatrix(quantiseMatrix(data, [1, 32], 4)).subarray(0, 5)]).toEqual([
      4, -3.5, 1, 0.5, -0,
    ]);
  });

  test("8 bits: the largest magnitude is 127; each block has its scale; zeros stay zeros", () => {
    const data = new Float32Array(96);
    data.set([-127, 63.4, 1], 0);
    data.set([2, -0.5], 32);
    const matrix = quantiseMatrix(data, [1, 96], 8);
    expect([...matrix.scales]).toEqual([1, Math.fround(2 / 127), 0]);
    expect([...matrix.blocks.subarray(0, 4)]).toEqual([1, 191, 129, 128]);
    expect([...matrix.blocks.subarray(32, 35)]).toEqual([255, 128 - 32, 128]);
    expect([...dequantiseMatrix(matrix).subarray(64)]).toEqual(Array(32).fill(0));
  });

  test.each([4, 8] as const)("%d bits: no value is off by more than a step", (bits) => {
    const random = new Random(bits);
    const data = Float32Array.from({ length: 64 * 96 }, () => random.normal());
    const matrix = quantiseMatrix(data, [64, 96], bits);
    const found = dequantiseMatrix(matrix);
    const steps = data.map((value, i) => Math.abs((value - found[i]!) / matrix.scales[i >> 5]!));
    // 0.5, but the value opposite to the largest one of 4 bits
    expect(Math.max(...steps)).toBeLessThanOrEqual(bits === 8 ? 0.5001 : 1.0001);
    expect(steps.filter((step) => step > 0.5001).length).toBeLessThan(data.length / 32);
  });
});

test("rows of whole blocks", () => {
  expect([[4, 64], [4, 48], [64], [1, 2, 32]].map(hasBlocks)).toEqual([true, false, false, false]);
});
