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

test("pass rates of a larger model are forecast from a table of counts, by difficulty", async () => {
  const random = new Random(2);
  const lines = ["id,flops,passed,tries"];
  for (let i = 0; i < 60; i++) {
    const a = Math.exp(0.8 + 0.9 * random.normal());
    for (const c of [1e12, 1e13, 1e14, 1e16]) {
      const rate = Math.exp(-a * (c / 1e13) ** -0.25);
      const passed = Array.from({ length: 100 }, () => random.uniform()).filter((u) => u < rate);
      lines.push(`${i},${c},${passed.length},100`);
    }
  }
  await writeFile(join(directory, "counts.csv"), lines.join("\n"));
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
