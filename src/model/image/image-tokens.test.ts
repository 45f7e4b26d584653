import { expect, test } from "vitest";
import { specialTokens } from "../text/special-tokens.ts";
import { gridPositions } from "./geometry.ts";
import { imageTokens } from "./image-tokens.ts";

test("each row ends with a break, the last one with the end", () => {
  expect(imageTokens({ rows: 3, columns: 2 }, specialTokens)).toEqual([5, 5, 6, 5, 5, 6, 5, 5, 7]);
  expect(imageTokens({ rows: 1, columns: 3 }, specialTokens)).toEqual([5, 5, 5, 7]);
});

test.each([
  [8, 1],
  [1, 32],
  [32, 32],
])("%i x %i tokens take the positions that are counted for them", (rows, columns) => {
  expect(imageTokens({ rows, columns }, specialTokens)).toHaveLength(
    gridPositions({ rows, columns }),
  );
});
