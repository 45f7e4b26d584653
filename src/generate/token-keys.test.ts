import { expect, test } from "vitest";
import { imageTokens } from "../model/image/image-tokens.ts";
import { imageHash } from "../model/image/pixels.ts";
import { specialTokens } from "../model/text/special-tokens.ts";
import { randomImage } from "./generate.fixture.ts";
import { TokenKeys } from "./token-keys.ts";

const grid = { rows: 2, columns: 4 };
const tokens = [1, ...imageTokens(grid, specialTokens), 97];
const placed = (seed: number) => {
  const pixels = randomImage(grid, seed);
  return [{ pixels, hash: imageHash(pixels), start: 1, end: 11 }];
};

test("each feature of each image has a key of its own, all other tokens their id", () => {
  const keys = new TokenKeys();
  const [first, second] = [keys.of(tokens, placed(1)), keys.of(tokens, placed(2))];
  expect(keys.of(tokens, placed(1))).toEqual(first);
  const negative = [...first, ...second].filter((key) => key < 0);
  expect(new Set(negative).size).toBe(16);
  for (const [at, token] of tokens.entries()) {
    if (token === specialTokens.image) expect(first[at]).toBeLessThan(0);
    else expect([first[at], second[at]]).toEqual([token, token]);
  }
  expect(keys.of(tokens, [])).toEqual(tokens);
});

test("a forgotten image shares no key with another one", () => {
  const keys = new TokenKeys();
  const [image] = placed(1);
  const seen = new Set<number>();
  for (let i = 0; i < 5000; i++) seen.add(keys.of(tokens, [{ ...image!, hash: `${i}` }])[1]!);
  expect(seen.size).toBe(5000);
});
