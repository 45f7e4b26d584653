import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkCase, evaluate, floats, opCase, randomNumbers } from "./_op-fixture.ts";
import { attention, causalMask, maskedScore } from "./attention.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { constant, input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

interface Sizes {
  readonly time: number;
  readonly keys: number;
  readonly batch: number;
  readonly heads: number;
  readonly headDim: number;
}

/** Attention as the definition says, in double precision; group = sequence * heads + head. */
function reference(
  [q, k, v]: readonly (readonly number[])[],
  score: (sequence: number, query: number, key: number) => number,
  { time, keys, batch, heads, headDim }: Sizes,
): number[] {
  const groups = batch * heads;
  const out: number[] = [];
  for (let row = 0; row < time * groups; row++) {
    const [query, group] = [Math.floor(row / groups), row % groups];
    const at = (key: number, i: number) => (key * groups + group) * headDim + i;
    const weights = Array.from({ length: keys }, (_, key) => {
      let product = 0;
      for (let i = 0; i < headDim; i++) product += q![row * headDim + i]! * k![at(key, i)]!;
      return Math.exp(product * 0.5 + score(Math.floor(group / heads), query, key));
    });
    const total = weights.reduce((a, b) => a + b);
    for (let i = 0; i < headDim; i++) {
      out.push(weights.reduce((sum, weight, key) => sum + (weight / total) * v![at(key, i)]!, 0));
    }
  }
  return out;
}

const sizes: Sizes = { time: 3, keys: 4, batch: 2, heads: 2, headDim: 3 };
const { time, keys, batch, heads, headDim } = sizes;
const q = floats([time, batch * heads, headDim], randomNumbers(36, 2));
const k = floats([keys, batch * heads, headDim], randomNumbers(48, 3));
const v = floats([keys, batch * heads, headDim], randomNumbers(48, 4));
const operands = [q.values, k.values, v.values];

describe("attention of two sequences of two heads", () => {
  test("under a mask that all share", async () => {
    const mask = Array.from({ length: time * keys }, (_, i) => (i % 5 === 3 ? maskedScore : 0));
    const given = opCase(
      [q, k, v],
      (a, b, c) =>
        attention({ q: a, k: b, v: c }, constant(mask, [time, keys]), { scale: 0.5, batch }),
      { expected: reference(operands, (_, query, key) => mask[query * keys + key]!, sizes) },
    );
    expect(await checkCase(runtime, given)).toEqual([]);
  });

  test("under a mask for each sequence", async () => {
    const mask = Array.from({ length: batch * time * keys }, (_, i) =>
      i % 7 === 2 ? maskedScore : (i % 3) / 4,
    );
    const score = (sequence: number, query: number, key: number) =>
      mask[(sequence * time + query) * keys + key]!;
    const given = opCase(
      [q, k, v],
      (a, b, c) =>
        attention({ q: a, k: b, v: c }, constant(mask, [batch, 1, time, keys]), {
          scale: 0.5,
          batch,
        }),
      { expected: reference(operands, score, sizes) },
    );
    expect(await checkCase(runtime, given)).toEqual([]);
  });
});

test("the causal mask hides exactly what comes later", async () => {
  expect([...causalMask(3)].map((score) => score === 0)).toEqual(
    [1, 0, 0, 1, 1, 0, 1, 1, 1].map(Boolean),
  );
  expect([...causalMask(1)]).toEqual([0]);
  const shape = [3, 1, 1];
  const outputs = {
    y: attention(
      {
        q: constant([1, 1, 1], shape),
        k: constant([0, 0, 0], shape),
        v: input("v", "float32", shape),
      },
      constant(causalMask(3), [3, 3]),
      { scale: 1, batch: 1 },
    ),
  };
  const before = await evaluate(runtime, outputs, { v: [1, 3, 5] });
  expect(before["y"]).toEqual([1, 2, 3]);
  const changed = await evaluate(runtime, outputs, { v: [1, 3, 1e30] });
  expect(changed["y"]!.slice(0, 2)).toEqual([1, 2]);
});

test("a wrong shape names the op and what came", () => {
  const tensor = (shape: readonly number[]) => input("x", "float32", shape);
  const [query, key] = [tensor([2, 4, 3]), tensor([5, 4, 3])];
  const apply = (parts: { k?: readonly number[]; mask?: readonly number[]; batch?: number }) =>
    attention(
      { q: query, k: parts.k ? tensor(parts.k) : key, v: key },
      tensor(parts.mask ?? [2, 5]),
      { scale: 1, batch: parts.batch ?? 2 },
    );
  expect(apply({}).shape).toEqual([2, 4, 3]);
  const expected =
    "attention: expected q [time, batch * heads, headDim] and k, v [keys, batch * heads, headDim] with batch";
  expect(() => apply({ k: [5, 2, 3] })).toThrow(
    `${expected} 2, got float32[2, 4, 3], float32[5, 2, 3], float32[5, 4, 3]`,
  );
  expect(() => apply({ k: [4, 4, 3] })).toThrow(expected);
  expect(() => apply({ k: [5, 4, 2] })).toThrow(expected);
  expect(() => apply({ batch: 3 })).toThrow(`${expected} 3`);
  expect(() => apply({ k: [5, 12] })).toThrow("attention: expected 3 axes, got float32[5, 12]");
  for (const mask of [
    [5, 2],
    [2, 5, 1],
    [1, 1, 2, 5],
    [2, 4, 2, 5],
  ]) {
    expect(() => apply({ mask })).toThrow(
      `attention: expected a mask [2, 5] or [2, 1, 2, 5], got float32[${mask.join(", ")}]`,
    );
  }
});
