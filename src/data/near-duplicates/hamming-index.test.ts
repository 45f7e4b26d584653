import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { HammingIndex } from "./hamming-index.ts";

const bits = (word: number): number =>
  [...(word >>> 0).toString(2)].filter((b) => b === "1").length;

test.each([0, 3, 7, 10, 15])("distance %i: finds what a search of all finds", (distance) => {
  const random = new Random(distance);
  const index = new HammingIndex(distance);
  const hashes: (readonly [number, number])[] = [];
  // Clusters: some hashes at random, the others with up to 20 bits flipped.
  const draw = (): readonly [number, number] => {
    if (hashes.length < 20 || random.uniform() < 0.1) return [random.word(), random.word()];
    let [high, low] = hashes[random.integer(hashes.length)]!;
    for (let flips = random.integer(20); flips > 0; flips--) {
      if (random.uniform() < 0.5) high ^= 1 << random.integer(32);
      else low ^= 1 << random.integer(32);
    }
    return [high >>> 0, low >>> 0];
  };
  let neighbours = 0;
  for (let i = 0; i < 2500; i++) {
    const [high, low] = draw();
    if (i % 10 === 0) {
      const all = hashes
        .map(([h, l], number) => ({ number, distance: bits(h ^ high) + bits(l ^ low) }))
        .filter((one) => one.distance <= distance)
        .sort((a, b) => a.distance - b.distance || a.number - b.number);
      neighbours += all.length;
      expect(index.find(high, low)).toEqual(all);
    }
    index.add(high, low);
    hashes.push([high, low]);
  }
  expect(neighbours).toBeGreaterThan(0);
});

test("takes 24 to 48 bytes a hash besides its tables", () => {
  const random = new Random(1);
  const index = new HammingIndex(4);
  const tables = 4 * 2 ** 16 * 4;
  for (let i = 1; i <= 20_000; i++) {
    index.add(random.word(), random.word());
    if (i < 2000 || i % 500 !== 0) continue;
    expect((index.bytes - tables) / i).toBeGreaterThanOrEqual(24);
    expect((index.bytes - tables) / i).toBeLessThanOrEqual(48);
  }
});
