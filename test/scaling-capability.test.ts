import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { Random } from "../src/statistics/random.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-capability-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Counts of models of some computes, whose pass rates follow the law; names as `measure passes` has them. */
function countsOf(computes: readonly number[]): string {
  const lines = ["problem,compute,passes,samples"];
  for (let i = 0; i < 60; i++) {
    const random = new Random(i); // the same problem whatever the computes
    const a = Math.exp(0.8 + 0.9 * random.normal());
    for (const c of computes) {
      const rate = Math.exp(-a * (c / 1e13) ** -0.25);
      const passed = Array.from({ length: 100 }, () => random.uniform()).filter((u) => u < rate);
      lines.push(`${i},${c},${passed.length},100`);
    }
  }
  return lines.join("\n");
}

test("pass rates of a larger model are forecast from a table of counts, by difficulty", async () => {
  const named = countsOf([1e12, 1e13, 1e14, 1e16]).replace(/.*/, "id,flops,passed,tries");
  await writeFile(join(directory, "counts.csv"), named);
  const flags = [
    "scaling",
    "capability",
    "--data",
    "counts.csv",
    "--problem",
    "id",
    "--c",
    "flops",
  ];
  const counts = ["--passes", "passed", "--samples", "tries", "--draws", "20", "--buckets", "3"];
  const asked = [...flags, ...counts, "--target-compute", "1e16"];
  const { stdout } = await runCli([...asked, "--out", "page.html", "--json"], { directory });
  const { buckets, fitted, extrapolation, difficulties } = JSON.parse(stdout);
  expect([fitted, extrapolation]).toEqual([[1e12, 1e13, 1e14], 100]);
  expect(difficulties.leftOut).toHaveLength(5);
  const rates = buckets.map(({ passRate }: { passRate: number }) => passRate);
  expect(rates).toEqual(rates.toSorted((a: number, b: number) => b - a));
  for (const { observed, passRate } of buckets) {
    const { passes, samples } = observed.at(-1);
    expect(Math.abs(passRate - passes / samples)).toBeLessThan(0.12);
  }
  const page = await readFile(join(directory, "page.html"), "utf8");
  for (const text of ["difficulty 3", "held-out model", "Pass rate"]) expect(page).toContain(text);

  const shown = await runCli(asked, { directory });
  expect(shown.stdout).toMatch(/100 times the largest fitted model; 5 hardest problems left out/);
  const refused = await runCli([...asked.slice(0, -1), "5e12"], { directory });
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("got 1. Sample")]);
});

test("a sealed forecast of pass rates is scored by what its run passes", async () => {
  const computes = [1e12, 1e13, 1e14];
  await writeFile(join(directory, "small.csv"), countsOf(computes));
  await writeFile(join(directory, "all.csv"), countsOf([...computes, 1e15]));
  const scaling = (...argv: string[]) => runCli(["scaling", ...argv], { directory });
  const capability = ["--draws", "20", "--buckets", "3", "--seal", "elsewhere"];
  const seal = (...argv: string[]) => scaling("capability", ...capability, "--data", ...argv);

  const unknown = await seal("small.csv");
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("--target-compute")]);
  const late = await seal("all.csv", "--target-compute", "1e15");
  expect([late.code, late.stderr]).toEqual([
    3,
    expect.stringContaining("hold a model of the target"),
  ]);
  const sealed = await seal("small.csv", "--target-compute", "1e15");
  expect(sealed.stdout).toMatch(/entry 2 .*run elsewhere, pass rate of bucket 3/);
  const again = JSON.parse((await seal("small.csv", "--target-compute", "1e15", "--json")).stdout);
  expect(again.seals).toHaveLength(3); // those that were sealed
  const beside = await seal("small.csv", "--target-compute", "1e15", "--amend", "more draws");
  expect(beside.stdout).toMatch(/entry 5 .*bucket 3.* beside an earlier one: more draws/);
  expect((await scaling("amend", "2", "--note", "too wide")).stdout).toContain("entry 6 amends");

  const short = await scaling("score", "elsewhere", "--counts", "small.csv");
  expect([short.code, short.stderr]).toEqual([3, expect.stringContaining("lack 18 of the 18")]);
  const scored = await scaling("score", "elsewhere", "--counts", "all.csv", "--json");
  const { scores } = JSON.parse(scored.stdout);
  expect(scores.map(({ bucket }: { bucket: number }) => bucket)).toEqual([1, 1, 2, 2, 3, 3]);
  for (const { actual, error } of scores) {
    expect(actual).toBeGreaterThan(0);
    expect(Math.abs(error)).toBeLessThan(0.15);
  }
  const { stdout } = await scaling("ledger");
  for (const text of ["6 scored, 0 not yet", "remark: too wide"]) expect(stdout).toContain(text);
  expect((await scaling("amend", "6", "--note", "x")).code).toBe(3);
  expect((await scaling("verify")).stdout).toBe("The ledger is intact.\n");
});

test("a choice task is forecast in two steps, and its faults are named", async () => {
  const lines = ["n,d,bpb,acc,run"];
  const random = new Random(5);
  for (const n of [1e7, 3e7, 1e8, 3e8, 1e9]) {
    for (const ratio of [10, 20, 40]) {
      const soft =
        (0.5 + 60 / n ** 0.25 + 200 / (n * ratio) ** 0.28) * Math.exp(3e-3 * random.normal());
      const accuracy = 0.25 + 0.75 / (1 + Math.exp(5 * (soft - 0.9)));
      lines.push(`${n},${n * ratio},${soft},${accuracy + 0.004 * random.normal()},${n}`);
    }
  }
  await writeFile(join(directory, "choice.csv"), lines.join("\n"));
  const asked = ["scaling", "capability", "--data", "choice.csv", "--n", "n", "--d", "d"];
  const flags = [...asked, "--soft", "bpb", "--target-n", "1e10", "--target-d", "2e11"];
  const known = [...flags, "--accuracy", "acc", "--draws", "30", "--law", "additive"];
  const chosen = await runCli([...known, "--chance", "0.25", "--json"], { directory });
  const { soft, accuracy, link, extrapolation } = JSON.parse(chosen.stdout);
  const truth = 0.5 + 60 / 1e10 ** 0.25 + 200 / 2e11 ** 0.28;
  expect(Math.abs(soft.loss / truth - 1)).toBeLessThan(0.05);
  expect(link).toMatchObject({ name: "logistic", isInverse: false, params: { floor: 0.25 } });
  expect(extrapolation).toBeCloseTo(50, 6);
  const right = 0.25 + 0.75 / (1 + Math.exp(5 * (truth - 0.9)));
  expect(accuracy.interval[0]).toBeLessThan(right);
  expect(accuracy.interval[1]).toBeGreaterThan(right);
  expect(accuracy.linkInterval[1] - accuracy.linkInterval[0]).toBeLessThan(
    accuracy.interval[1] - accuracy.interval[0],
  );
  const refused = async (argv: readonly string[], code: number, message: string) => {
    const outcome = await runCli(argv, { directory });
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
  };
  await refused(flags, 2, "expected --accuracy COLUMN too");
  await refused([...flags, "--accuracy", "n"], 2, 'column "n": expected a share from 0 to 1');
  await refused([...known, "--links", "choice.csv", "--links-filter", "n<2e7"], 3, "got 3. Add");
});
