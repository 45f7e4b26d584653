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
