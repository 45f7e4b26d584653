import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { sharedPath, sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { fitForm } from "../fit-form.ts";
import type { LawRow } from "../laws/law-form.ts";
import { overTrainingForm } from "../laws/over-training.ts";
import { readRows } from "../run-table/read-rows.ts";
import { fitLink, type LinkName, type LinkPoint, refitLinks } from "./link.ts";

/** Points on a curve with noise of this size. */
function pointsOn(curve: (soft: number) => number, noise: number, seed = 1): LinkPoint[] {
  const random = new Random(seed);
  return Array.from({ length: 80 }, (_, i) => {
    const soft = 0.5 + 0.02 * i;
    return { soft, accuracy: curve(soft) + noise * random.normal(), group: String(i % 20) };
  });
}

test.each<[LinkName, (soft: number) => number, Record<string, number>]>([
  [
    "logistic",
    (soft) => 0.25 + 0.65 / (1 + Math.exp(6 * (soft - 1))),
    { floor: 0.25, ceiling: 0.9, k: 6, middle: 1 },
  ],
  ["exponential", (soft) => 0.2 + 1.2 * Math.exp(-1.5 * soft), { floor: 0.2, height: 1.2, k: 1.5 }],
])("a %s link is found again", (name, curve, wanted) => {
  const exact = fitLink(name, pointsOn(curve, 0), { isAnchored: false });
  for (const [key, value] of Object.entries(wanted)) {
    expect(exact.parameters[key]! / value).toBeCloseTo(1, 3);
  }
  expect(exact.residual).toBeLessThan(1e-5);
  const noisy = fitLink(name, pointsOn(curve, 0.01), { isAnchored: false });
  expect(noisy.residual).toBeGreaterThan(0.007);
  expect(noisy.residual).toBeLessThan(0.013);
  for (const soft of [0.5, 1, 1.5]) {
    expect(Math.abs(noisy.accuracyAt(soft) - curve(soft))).toBeLessThan(0.01);
  }
});

test("the floor may be given, and a loss of zero holds the ceiling up", () => {
  const points = pointsOn((soft) => 0.25 + 0.1 / (1 + Math.exp(8 * (soft - 0.7))), 0.002);
  const free = fitLink("logistic", points, { isAnchored: false, chance: 0.25 });
  expect(free.parameters["floor"]).toBe(0.25);
  const held = fitLink("logistic", points, { isAnchored: true, chance: 0.25 });
  expect(held.accuracyAt(0)).toBeGreaterThan(0.9);
  expect(free.accuracyAt(0)).toBeLessThan(held.accuracyAt(0) - 0.1);
});

test("a task that better models choose wrong is said to be inverse", () => {
  const link = fitLink(
    "logistic",
    pointsOn((soft) => 0.2 + 0.2 * soft, 0.005),
    { isAnchored: true },
  );
  expect(link.isInverse).toBe(true);
  expect(link.accuracyAt(0.6)).toBeLessThan(link.accuracyAt(1.8));
});

test("refits draw groups, and cover the curve", () => {
  const curve = (soft: number) => 0.25 + 0.6 / (1 + Math.exp(6 * (soft - 1)));
  const settings = { isAnchored: false, chance: 0.25 };
  let inside = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const points = pointsOn(curve, 0.02, seed);
    const link = fitLink("logistic", points, settings);
    const drawn = { ...settings, draws: 60, random: new Random(seed) };
    const at = refitLinks(link, points, drawn).map((one) => one.accuracyAt(0.4));
    at.sort((a, b) => a - b);
    if (at[3]! <= curve(0.4) && curve(0.4) <= at[56]!) inside++;
  }
  expect(inside).toBeGreaterThanOrEqual(14);
});

/** As the ladder's authors: the mean of the last five evaluations. */
function movingAverage(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const last = values.slice(Math.max(0, i - 4), i + 1);
    return last.reduce((sum, value) => sum + value, 0) / last.length;
  });
}

test("OLMo's ladder: eight tasks of a 13B model from its runs of up to 1.3B", (context) => {
  const golden = sharedText("scaling/golden.json");
  const checkpoints = sharedText("scaling/olmo-ladder/all_checkpoints.csv");
  const first = sharedText("scaling/olmo-ladder/reproduced_predictions.csv");
  context.skip(golden === undefined || !checkpoints || !first, withoutSharedData);
  const table = (text: string) => {
    const [head = "", ...lines] = text.trim().split(/\r?\n/);
    const names = head.split(",");
    return lines.map((line) => {
      const cells = line.split(",");
      return Object.fromEntries(names.map((name, i) => [name, cells[i]!]));
    });
  };
  const losses = table(first!);
  const rows = table(checkpoints!);
  const runs = ["190M", "370M", "760M", "1B"].flatMap((size) =>
    [1, 2, 5, 10].map((multiple) => `${size}-${multiple}xC`),
  );
  const { format: _, ...wanted } = JSON.parse(golden!).olmo_ladder_13B_chained;
  for (const [name, [predicted]] of Object.entries(wanted as Record<string, number[]>)) {
    const task = losses.find((row) => row["task"]!.startsWith(name) && row["target"] === "13B-5T")!;
    const points = runs.flatMap((run) => {
      const own = rows.filter((row) => row["run"] === run && row[`${task["task"]}_bpb`] !== "");
      const kept = own.slice(Math.ceil(0.1 * own.length));
      const read = (what: string) =>
        movingAverage(kept.map((row) => Number(row[`${task["task"]}_${what}`])));
      const accuracies = read("acc");
      return read("bpb").map((soft, i) => ({ soft, accuracy: accuracies[i]!, group: run }));
    });
    const link = fitLink("logistic", points, { isAnchored: true });
    const accuracy = link.accuracyAt(Number(task["pred_bpb"]));
    expect([name, Math.abs(accuracy - predicted!) < 5e-4, accuracy]).toEqual([
      name,
      true,
      accuracy,
    ]);
  }
});

test("Gadre's average error of two models follows from the loss", async (context) => {
  const path = sharedPath("scaling/gadre-overtraining/runs.csv");
  context.skip(path === undefined, withoutSharedData);
  const runs: (LinkPoint & LawRow & { readonly ratio: number; readonly id: string })[] = [];
  for await (const { values } of readRows(path!)) {
    if (values["dataset_name"] !== "rpj") continue;
    const number = (column: string) => Number(values[column]);
    const [soft, ratio] = [number("loss_c4_val"), number("tok_mult")];
    const row = { n: number("N"), d: number("D"), c: number("flops"), loss: soft };
    const id = `${values["model_name"]}_M${ratio}`;
    runs.push({ ...row, soft, ratio, id, group: id, accuracy: 1 - number("err_avg_subset") });
  }
  const isSmall = ({ n, ratio }: (typeof runs)[number]) =>
    (ratio === 20 && n < 5e8) || (ratio === 320 && n < 2e7);
  const small = runs.filter(isSmall);
  const deviation = { kind: "least-squares-of-losses" } as const;
  const { parameters } = fitForm(overTrainingForm, small, { deviation });
  // the paper's six: the five of the loss and the 1.4B model at 20 tokens a parameter
  const six = [...small, runs.find(({ id }) => id === "open_lm_1b_M20")!];
  const link = fitLink("exponential", six, { isAnchored: false });
  expect(link.parameters["k"]).toBeCloseTo(0.71459, 4);
  const { top1_17task_rel_err_pct: wanted } = JSON.parse(
    sharedText("scaling/golden.json")!,
  ).gadre_rpj;
  for (const [id, error] of Object.entries<number>(wanted)) {
    const run = runs.find((one) => one.id === id)!;
    const predicted = 1 - link.accuracyAt(overTrainingForm.lossAt(parameters, run));
    const found = 100 * Math.abs(predicted / (1 - run.accuracy) - 1);
    expect([id, Math.abs(found - error) < 2e-3]).toEqual([id, true]);
  }
});
