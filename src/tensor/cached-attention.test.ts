import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, mismatches, randomNumbers } from "./_op-fixture.ts";
import { attention, causalMask } from "./attention.ts";
import { cachedAttention } from "./cached-attention.ts";
import { rotary, rotaryTables } from "./rotary.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { expand, reshape } from "./shapes.ts";
import { constant, input, type Tensor } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const [heads, kvHeads, headDim, time, capacity] = [4, 2, 16, 5, 7] as const;
const { cos, sin } = rotaryTables(capacity, headDim, 100);
const table = (values: Float32Array) => constant(values, [capacity, headDim / 2]);
const cacheShape = [1, kvHeads, capacity, headDim];
const values = {
  q: randomNumbers(time * heads * headDim, 2),
  k: randomNumbers(time * kvHeads * headDim, 3),
  v: randomNumbers(time * kvHeads * headDim, 4),
};

/** Attention of all rows at once, without a cache. */
async function uncached(): Promise<number[]> {
  const positions = constant([0, 1, 2, 3, 4], [time], "int64");
  const rotation = { positions, cos: table(cos), sin: table(sin) };
  const repeated = (x: Tensor) =>
    reshape(
      expand(reshape(x, [time, kvHeads, 1, headDim]), [time, kvHeads, heads / kvHeads, headDim]),
      [time, heads, headDim],
    );
  const rows = (name: "q" | "k" | "v", count: number) =>
    input(name, "float32", [time, count * headDim]);
  const mixed = attention(
    {
      q: reshape(rotary(rows("q", heads), rotation, heads), [time, heads, headDim]),
      k: repeated(rotary(rows("k", kvHeads), rotation, kvHeads)),
      v: repeated(rows("v", kvHeads)),
    },
    constant(causalMask(time), [time, time]),
    { scale: headDim ** -0.5, batch: 1 },
  );
  return (await evaluate(runtime, { mixed }, values))["mixed"]!;
}

interface State {
  readonly keys: readonly number[];
  readonly values: readonly number[];
}

/** Attention of rows `start` to `end` to what the cache holds of the rows before. */
async function cached(start: number, end: number, state: State) {
  const part = (name: keyof typeof values, count: number) =>
    constant(values[name].slice(start * count * headDim, end * count * headDim), [
      end - start,
      count * headDim,
    ]);
  const { mixed, cache } = cachedAttention(
    { q: part("q", heads), k: part("k", kvHeads), v: part("v", kvHeads) },
    {
      keys: input("keys", "float32", cacheShape),
      values: input("values", "float32", cacheShape),
    },
    {
      heads,
      lengths: constant([end - 1], [1], "int32"),
      longest: constant([end], [], "int32"),
      cos: table(cos),
      sin: table(sin),
    },
  );
  const outputs = { mixed, nextKeys: cache.keys, nextValues: cache.values };
  const results = await evaluate(runtime, outputs, { ...state });
  return {
    mixed: results["mixed"]!,
    state: { keys: results["nextKeys"]!, values: results["nextValues"]! },
  };
}

const emptyCache: State = {
  keys: Array(kvHeads * capacity * headDim).fill(0),
  values: Array(kvHeads * capacity * headDim).fill(0),
};

// scores are sums of 16 products of rotated numbers around 1
const tolerance = 1e-5;

test("rows read at once, or one after another, attend as without a cache", async () => {
  const expected = await uncached();
  const whole = await cached(0, time, emptyCache);
  expect(mismatches(whole.mixed, expected, tolerance)).toEqual([]);
  let state = emptyCache;
  const rows: number[] = [];
  for (let row = 0; row < time; row++) {
    const step = await cached(row, row + 1, state);
    rows.push(...step.mixed);
    state = step.state;
  }
  expect(mismatches(rows, expected, tolerance)).toEqual([]);
  expect(mismatches(state.keys, whole.state.keys, tolerance)).toEqual([]);
});

test("new values are written behind those that the cache holds, which stay as they are", async () => {
  const { state } = await cached(2, 3, { ...emptyCache, values: emptyCache.values.map(() => 9) });
  const rowOf = (head: number, position: number) =>
    state.values.slice(
      (head * capacity + position) * headDim,
      (head * capacity + position + 1) * headDim,
    );
  for (let head = 0; head < kvHeads; head++) {
    const start = (2 * kvHeads + head) * headDim;
    expect(rowOf(head, 2)).toEqual(values.v.slice(start, start + headDim));
    for (const position of [0, 1]) expect(rowOf(head, position)).toEqual(Array(headDim).fill(9));
  }
});

test("a wrong shape names the op and what came", () => {
  const attend = (sizes: { slots?: number; rows?: number; dim?: number; lengths?: number }) => {
    const { slots = 1, rows = slots, dim = headDim, lengths = slots } = sizes;
    const tensor = (shape: readonly number[]) => input("x", "float32", shape);
    const cache = tensor([slots, kvHeads, capacity, dim]);
    const tables = tensor([capacity, dim / 2]);
    return cachedAttention(
      {
        q: tensor([rows, heads * dim]),
        k: tensor([rows, kvHeads * dim]),
        v: tensor([rows, kvHeads * dim]),
      },
      { keys: cache, values: cache },
      {
        heads,
        lengths: input("lengths", "int32", [lengths]),
        longest: input("longest", "int32", []),
        cos: tables,
        sin: tables,
      },
    );
  };
  expect(attend({ rows: 3 }).mixed.shape).toEqual([3, heads * headDim]);
  expect(() => attend({ lengths: 2 })).toThrow(
    "cachedAttention: expected q [slots * time, 4 heads * headDim], k and v [slots * time, 2 heads * headDim]",
  );
  expect(() => attend({ dim: 8 })).toThrow(
    "cachedAttention: expected a headDim that is a multiple of 16, got 8",
  );
  expect(() => attend({ slots: 2, rows: 4 })).toThrow(
    "cachedAttention: expected one row for each slot, or one slot, got 4 rows for 2 slots",
  );
});
