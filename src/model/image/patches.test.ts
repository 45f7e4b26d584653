import { expect, test } from "vitest";
import { gridPatches, patchLength } from "./geometry.ts";
import { patchPositions, writePatches } from "./patches.ts";

const grid = { rows: 2, columns: 3 };
const width = 96;
/** Each byte tells its place. */
const data = Uint8Array.from({ length: 64 * width * 3 }, (_, i) => (i * 7) % 251);

test("an image token's four patches follow each other, tokens go row by row", () => {
  const { rows, columns } = patchPositions(grid);
  const places = Array.from(rows, (row, i) => [row, columns[i]]);
  expect(places.slice(0, 8)).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
  ]);
  expect(places[12]).toEqual([2, 0]);
  expect(new Set(places.map(String)).size).toBe(24);
});

test("patches hold red, green, blue planes from -1 to 1, and give the pixels back", () => {
  const rows = gridPatches(grid) + 1;
  const target = new Float32Array(rows * patchLength).fill(9);
  writePatches({ grid, data }, target, 1);
  expect([...target.subarray(0, patchLength)].every((value) => value === 9)).toBe(true);
  const value = (x: number, y: number, colour: number) =>
    Math.fround(data[(y * width + x) * 3 + colour]! / 127.5 - 1);
  const patch = target.subarray((1 + 14) * patchLength); // the first token of the second row, bottom left
  expect(patch[0]).toBe(value(0, 48, 0));
  expect(patch[1]).toBe(value(1, 48, 0));
  expect(patch[16]).toBe(value(0, 49, 0));
  expect(patch[256]).toBe(value(0, 48, 1));
  expect(patch[767]).toBe(value(15, 63, 2));
  const position = patchPositions(grid);
  const pixels = new Uint8Array(data.length);
  for (let patch = 0; patch < gridPatches(grid); patch++) {
    for (let i = 0; i < patchLength; i++) {
      const [colour, y, x] = [Math.floor(i / 256), Math.floor((i % 256) / 16), i % 16];
      const row = position.rows[patch]! * 16 + y;
      const column = position.columns[patch]! * 16 + x;
      const value = target[(patch + 1) * patchLength + i]!;
      expect(Math.abs(value)).toBeLessThanOrEqual(1);
      pixels[(row * width + column) * 3 + colour] = Math.round((value + 1) * 127.5);
    }
  }
  expect(Buffer.compare(pixels, data)).toBe(0);
});
