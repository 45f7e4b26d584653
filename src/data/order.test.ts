import { expect, test } from "vitest";
import { type Place, TrainingOrder } from "./order.ts";

const sources = [
  { name: "a", loss: "text", weight: 3, windows: 100 },
  { name: "b", loss: "text", weight: 1, windows: 40 },
];
const first = (count: number, order = new TrainingOrder(5, sources)) =>
  Array.from({ length: count }, (_, i) => order.at(i));

test("a place depends on seed and index only, not on what was asked before", () => {
  const places = first(3000);
  const order = new TrainingOrder(5, sources);
  for (const index of [2999, 0, 1500, 1024, 1023]) {
    expect(order.at(index)).toEqual(places[index]);
  }
  expect(first(50, new TrainingOrder(6, sources))).not.toEqual(places.slice(0, 50));
});

test("every window of a source comes once per epoch, in another order each epoch", () => {
  const epochs = new Map<string, number[]>();
  for (const { source, window, epoch } of first(4096)) {
    const key = `${source}/${epoch}`;
    epochs.set(key, [...(epochs.get(key) ?? []), window]);
  }
  const sorted = (key: string) => epochs.get(key)?.toSorted((a, b) => a - b);
  for (const [key, size] of [
    ["0/0", 100],
    ["0/7", 100],
    ["1/0", 40],
    ["1/3", 40],
  ] as const) {
    expect(sorted(key)).toEqual(Array.from({ length: size }, (_, i) => i));
  }
  expect(epochs.get("0/0")).not.toEqual(epochs.get("0/1"));
});

test("weights hold exactly over a block and nearly over a short run", () => {
  const share = (places: readonly Place[]) =>
    places.filter(({ source }) => source === 0).length / places.length;
  expect(share(first(1024))).toBe(0.75);
  expect(share(first(200))).toBeCloseTo(0.75, 0.8);
});

test("a batch has the share of each loss to within two sequences, however many its sources", () => {
  const many = Array.from({ length: 12 }, (_, i) => ({
    ...{ name: `s${i}`, loss: i < 8 ? "image" : "text", weight: i < 8 ? 0.5 : 2.5, windows: 50 },
  }));
  const order = new TrainingOrder(9, many);
  const batchSize = 24;
  const images = Array.from({ length: 3 * 42 }, (_, batch) => {
    const places = Array.from({ length: batchSize }, (_, row) => order.at(batch * batchSize + row));
    return places.filter(({ source }) => source < 8).length;
  });
  const expected = (batchSize * 4) / 14;
  expect(Math.max(...images.map((count) => Math.abs(count - expected)))).toBeLessThanOrEqual(2);
  expect(new Set(images).size).toBeGreaterThan(1); // random all the same
});

test("a source of tiny weight still comes", () => {
  const order = new TrainingOrder(1, [
    { name: "a", loss: "text", weight: 1e6, windows: 10 },
    { name: "b", loss: "text", weight: 1, windows: 10 },
    { name: "c", loss: "text", weight: 1, windows: 10 },
  ]);
  const seen = new Set(first(1024, order).map(({ source }) => source));
  expect([...seen].sort()).toEqual([0, 1, 2]);
});

test("passes over each source are told", () => {
  const order = new TrainingOrder(5, sources);
  expect(order.epochs(1024)).toEqual([
    { name: "a", epochs: 7.68, isWorn: true },
    { name: "b", epochs: 6.4, isWorn: true },
  ]);
  expect(order.epochs(512).map(({ isWorn }) => isWorn)).toEqual([false, false]);
});

test("a source shorter than a window is refused", () => {
  expect(
    () => new TrainingOrder(1, [{ name: "tiny", loss: "text", weight: 1, windows: 0 }]),
  ).toThrow('source "tiny" has less text than one sequence; use a shorter sequence length');
});
