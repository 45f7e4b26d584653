import { expect, test } from "vitest";
import { computeLevels } from "./levels.ts";

test("runs of one compute are one level, ascending, with the mean loss", () => {
  const run = (id: string, flops: number, lossNats: number) => ({ id, flops, lossNats, seed: 0 });
  const levels = computeLevels([run("b", 2e10, 4), run("a", 1e10, 5), run("c", 2e10 + 1, 3)]);
  expect(levels.map(({ lossNats }) => lossNats)).toEqual([5, 3.5]);
  expect(levels[1]?.points.map(({ id }) => id)).toEqual(["b", "c"]);
  expect(computeLevels([])).toEqual([]);
});
