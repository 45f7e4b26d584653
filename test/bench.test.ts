import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatRows, interleave, machineLine, summarise } from "../bench/harness.ts";
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
