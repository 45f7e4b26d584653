import { expect, test } from "vitest";
import { mapAhead } from "./map-ahead.ts";

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

test("results keep the order, however long each takes, and at most so many are under way", async () => {
  let [underWay, most] = [0, 0];
  const waiting: (() => void)[] = [];
  const results = collect(
    mapAhead([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => waiting.push(resolve));
      underWay--;
      return item * 10;
    }),
  );
  let isDone = false;
  const done = results.then(() => {
    isDone = true;
  });
  while (!isDone) {
    waiting.pop()?.(); // the last that waits goes on first
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  expect(await results).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(most).toBe(3);
});

test("an error comes in its turn, after the results before it", async () => {
  const seen: number[] = [];
  const failing = async () => {
    const numbers = mapAhead([1, 2, 3], 3, async (item) => {
      if (item === 2) throw new Error("two");
      return item;
    });
    for await (const number of numbers) seen.push(number);
  };
  await expect(failing()).rejects.toThrow("two");
  expect(seen).toEqual([1]);
});

test("a reader that stops early takes no more items", async () => {
  let taken = 0;
  function* items() {
    for (;;) yield taken++;
  }
  for await (const item of mapAhead(items(), 4, async (each) => each)) if (item === 2) break;
  expect(taken).toBeLessThanOrEqual(7);
});
