import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatRows, interleave, machineLine, summarise } from "../bench/harness.ts";
import { trainCases } from "../bench/train-cases.ts";
import { gridPatches, gridPositions } from "../src/model/image/geometry.ts";
import { specialTokens } from "../src/model/text/special-tokens.ts";
import { ignoredTarget } from "../src/tensor/losses.ts";
import { imageRows, rowPatchesFor } from "../src/train/image-rows.ts";
import { root } from "./tracked-files.ts";

test("a summary is the median, the minimum and the number of measurements", () => {
  expect(summarise([3, 1, 2])).toEqual({ median: 2, minimum: 1, n: 3 });
  expect(summarise([4, 1, 2, 3])).toEqual({ median: 2.5, minimum: 1, n: 4 });
  expect(() => summarise([])).toThrow("expected at least one measurement");
});

test("contestants take turns, the order turned round in every other round", async () => {
  const order: string[] = [];
  const block = (name: string, seconds: readonly number[]) => async () => {
    order.push(name);
    return seconds;
  };
  const seconds = await interleave(
    { ours: block("ours", [1, 2]), theirs: block("theirs", [3]) },
    3,
  );
  expect(order).toEqual(["ours", "theirs", "theirs", "ours", "ours", "theirs"]);
  expect(seconds).toEqual({ ours: [1, 2, 1, 2, 1, 2], theirs: [3, 3, 3] });
});

test("rows are shown with their ratio, when they have one", () => {
  const rows = [
    {
      name: "2/64/128/8",
      value: 12345.6,
      unit: "tokens/s",
      baseline: "pytorch-eager",
      ratio: 1.234,
    },
    { name: "peak", value: 76.54, unit: "GFLOP/s", baseline: null, ratio: null },
  ];
  expect(formatRows(rows).split("\n")).toEqual([
    "2/64/128/8  12,346  tokens/s  1.23x  pytorch-eager",
    "peak          76.5  GFLOP/s",
  ]);
});

test("the machine line names processor, cores, versions and load", () => {
  expect(machineLine()).toMatch(/, \d+ cores, \d+ GiB, .*, node [\d.]+, onnxruntime [\d.]+, load /);
});

test("training shapes have names of their own and a target behind each token of text", () => {
  const names = trainCases.map(({ shape }) => shape.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { shape } of trainCases.filter(({ shape }) => shape.images.length === 0)) {
    const { tokens, targets, batchSize, seqLen, model } = shape;
    expect(model.vision).toBeUndefined();
    expect([tokens.length, targets.length]).toEqual(Array(2).fill(batchSize * seqLen));
    const isShifted = targets.every((target, i) =>
      (i + 1) % seqLen === 0 ? target !== ignoredTarget : target === tokens[i + 1],
    );
    expect(isShifted).toBe(true);
  }
});

const imageShapes = trainCases
  .map(({ shape }) => shape)
  .filter(({ images }) => images.length > 0)
  .map((shape) => [shape.name, shape] as const);

test.each(imageShapes)(
  "half of the sequences of %s hold one image of several sizes",
  (_, shape) => {
    const { tokens, targets, images, batchSize, seqLen } = shape;
    expect(images.map(({ row }) => row)).toEqual(
      Array.from({ length: batchSize / 2 }, (_, i) => 2 * i),
    );
    const patches = images.map(({ pixels }) => gridPatches(pixels.grid));
    expect([Math.min(...patches), Math.max(...patches)]).toEqual([36, 256]); // 64 x 64 is enlarged
    expect(new Set(patches).size).toBeGreaterThan(5);
    for (const { row, column, pixels } of images) {
      const first = row * seqLen + column;
      const shown = tokens.subarray(first, first + gridPositions(pixels.grid));
      const count = shown.filter((token) => token === specialTokens.image).length;
      expect(4 * count).toBe(gridPatches(pixels.grid));
      expect(shown.at(-1)).toBe(specialTokens.imageEnd);
      expect(new Set(targets.subarray(first - 1, first + shown.length - 1))).toEqual(
        new Set([ignoredTarget]),
      );
    }
    expect(tokens.filter((token) => token === specialTokens.image)).toHaveLength(
      patches.reduce((sum, count) => sum + count / 4, 0),
    );
    const rowShape = { batchSize, seqLen, parts: 1, rowPatches: rowPatchesFor(256) };
    expect(imageRows(images, rowShape)!.rows).toBe(4); // as few as 960 patches need
  },
);

test.each([[[]], [["nothing"]], [["train", "--rounds", "0"]], [["train", "--unknown"]]])(
  "bench %j is wrong usage: exit code 2, nothing on standard output",
  (args) => {
    const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
    const call = [tsx, join(root, "bench", "run.ts"), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, call, { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).not.toBe("");
  },
);
