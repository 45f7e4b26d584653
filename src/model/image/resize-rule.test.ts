import { expect, test } from "vitest";
import { ImageError } from "../../errors.ts";
import { gridTokens } from "./geometry.ts";
import { fitGrid } from "./resize-rule.ts";
import { resizeVectors } from "./resize-vectors.ts";

test.each(resizeVectors)("$width x $height becomes $grid.columns x $grid.rows tokens", (vector) => {
  expect(fitGrid(vector.width, vector.height)).toEqual(vector.grid);
});

test("every grid of 8 to 1024 tokens and at most 32 a side is kept", () => {
  for (let rows = 1; rows <= 32; rows++) {
    for (let columns = Math.ceil(8 / rows); columns <= 32; columns++) {
      expect(fitGrid(columns * 32, rows * 32)).toEqual({ rows, columns });
    }
  }
});

test("every size gets 8 to 1024 tokens, and only thin images lose their aspect ratio", () => {
  const sides = [1, 2, 7, 16, 31, 32, 33, 48, 64, 95, 100, 333, 512, 1000, 1024, 1025, 5000, 32768];
  for (const width of sides) {
    for (const height of sides) {
      const grid = fitGrid(width, height);
      expect(gridTokens(grid)).toBeGreaterThanOrEqual(8);
      expect(Math.max(grid.rows, grid.columns)).toBeLessThanOrEqual(32);
      expect(fitGrid(height, width)).toEqual({ rows: grid.columns, columns: grid.rows });
      const isThin = Math.max(width / height, height / width) > 8;
      const change = (grid.columns / grid.rows) * (height / width);
      if (!isThin) expect(Math.abs(Math.log(change))).toBeLessThan(Math.log(2));
    }
  }
});

test("thousands of sizes get 8 to 1024 tokens, a grid that is kept, and the nearest sides", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647; // MINSTD
    return seed / 2_147_483_647;
  };
  for (let i = 0; i < 5000; i++) {
    const width = Math.ceil(2 ** (16 * random()));
    const height = Math.ceil(2 ** (16 * random()));
    const grid = fitGrid(width, height);
    const { rows, columns } = grid;
    expect(gridTokens(grid), `${width} x ${height}`).toBeGreaterThanOrEqual(8);
    expect(Math.max(rows, columns)).toBeLessThanOrEqual(32);
    expect(fitGrid(columns * 32, rows * 32)).toEqual(grid);
    const longest = Math.max(width, height);
    const scale = Math.min(1, 1024 / longest);
    const nearest = [height, width].map((side) => Math.max(1, Math.round((side * scale) / 32)));
    if (nearest[0]! * nearest[1]! >= 8 && longest <= 1024) expect([rows, columns]).toEqual(nearest);
    if (longest > 1024) expect(Math.max(rows, columns)).toBe(32);
  }
});

test("no smaller factor would enlarge an image to 8 tokens", () => {
  const tokens = (pixels: number) => Math.max(1, Math.round(pixels / 32));
  for (let width = 1; width <= 96; width++) {
    for (let height = 1; height <= 80; height++) {
      if (tokens(width) * tokens(height) >= 8) continue;
      const { rows, columns } = fitGrid(width, height);
      // where one of the sides reaches its last half token, and just before that
      const factor = Math.max(
        rows > 1 ? ((rows - 0.5) * 32) / height : 0,
        columns > 1 ? ((columns - 0.5) * 32) / width : 0,
      );
      const atFactor = (scale: number) => [tokens(height * scale), tokens(width * scale)];
      expect(atFactor(factor * (1 + 1e-9))).toEqual([rows, columns]);
      const [fewerRows, fewerColumns] = atFactor(factor * (1 - 1e-9));
      expect(fewerRows! * fewerColumns!).toBeLessThan(8);
    }
  }
});

test.each([
  [0, 10],
  [10, -1],
  [Number.NaN, 10],
  [10, Number.POSITIVE_INFINITY],
])("%d x %d is no size", (width, height) => {
  expect(() => fitGrid(width, height)).toThrow(ImageError);
  expect(() => fitGrid(width, height)).toThrow(`got ${width} x ${height}`);
});
