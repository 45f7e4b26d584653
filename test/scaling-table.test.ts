import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { Random } from "../src/statistics/random.ts";
import { sharedPath, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-scaling-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const fitted = (...argv: string[]) => runCli(["scaling", "fit", ...argv], { directory });
const columns = ["--n", "params", "--d", "tokens", "--loss", "loss"];

test("the law of somebody else's runs is fitted from their table", async (context) => {
  const path = sharedPath("scaling/marin-delphi/delphi_ladder.csv");
  context.skip(path === undefined, withoutSharedData);
  const flags = ["--data", path!, "--c", "budget_flops", "--loss", "loss", "--draws", "20"];
  const { stdout } = await fitted(...flags, "--filter", "kind = optimum", "--json");
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ law: "power", objective: "huber", rows: 7 });
  expect(found.params.E).toBeCloseTo(1.7, 2);
  expect(found.intervals.E.low).toBeLessThan(1.7);
  // what the law gives at 1e21, where a run that it has not seen had 2.7594
  expect(found.params.E + found.params.A / 1e21 ** found.params.alpha).toBeCloseTo(2.7594, 1);

  const shown = await fitted(...flags, "--filter", "kind = isoflop", "--n", "params");
  expect(shown.stdout).toMatch(/additive .*90 % low/);
  expect(shown.stdout).toMatch(/81 runs, objective .* searches/);
});

test("what the flags lack is said", async () => {
  await writeFile(join(directory, "runs.csv"), "params,tokens,loss\n1e6,1e8,3\n2e6,1e8,2.9\n");
  const refused = async (argv: readonly string[], code: number, message: string) => {
    const outcome = await fitted(...argv);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
  };
  const data = ["--data", "runs.csv"];
  await refused([], 2, "give either a data set of the workspace or --data TABLE");
  await refused(["tiny", ...data, ...columns], 2, "give either a data set");
  await refused(data, 2, "expected the columns too: --loss");
  await refused([...data, "--n", "params", "--loss", "loss"], 2, "expected columns that give D");
  await refused([...data, "--loss", "loss"], 2, "--law power: expected columns that give C");
  await refused([...data, ...columns], 3, "expected more than 5 runs for its 5 parameters, got 2");
  await refused(["--data", "none.csv", ...columns], 2, "found nothing at");
});

const delphi = sharedPath("scaling/marin-delphi/delphi_ladder.csv");
const scaling = (...argv: string[]) => runCli(["scaling", ...argv], { directory });
const sized = ["--n", "params", "--d", "tokens", "--c", "budget_flops", "--loss", "loss"];
const isLadder = ["--filter", "kind != held_out"];

test.for([
  [
    "its lowest losses alone",
    ["--c", "budget_flops", "--loss", "loss", "--filter", "kind = optimum"],
  ],
  ["sizes at each compute", [...sized, "--filter", "kind = isoflop"]],
  ["lowest losses that are marked", [...sized, ...isLadder, "--optimal", "kind = optimum"]],
] as const)("a table forecasts a run 333 times larger, from %s", async ([, flags], context) => {
  context.skip(delphi === undefined, withoutSharedData);
  for (const [c, actual, tolerance] of [
    ["1e21", 2.7594, 0.01],
    ["1e22", 2.53206, 0.01],
    ["1e23", 2.3546, 0.015],
  ] as const) {
    const asked = ["forecast", "--data", delphi!, ...flags, "--target-compute", c, "--draws", "30"];
    const { stdout } = await scaling(...asked, "--json");
    const found = JSON.parse(stdout);
    const [low, high] = found.forecast.interval;
    expect(Math.abs(found.forecast.loss / actual - 1)).toBeLessThan(tolerance);
    expect([low < actual, high > actual, found.forecast.level]).toEqual([true, true, 0.9]);
    expect(found.extrapolation).toBeCloseTo(Number(c) / 3e20, 6);
    expect(found.admitted.map(({ law }: { law: string }) => law)).toContain(found.law);
    const additive = found.rejected.find(
      ({ reading }: { reading: string }) => reading === "additive",
    );
    expect(additive.reason).toMatch(
      found.optima === "all rows" ? /sizes and tokens are not known/ : /bias of one level ahead/,
    );
  }
});

test("a size far from the best is forecast by a law that knows sizes", async (context) => {
  context.skip(delphi === undefined, withoutSharedData);
  const asked = ["forecast", "--data", delphi!, ...sized, "--filter", "kind = isoflop"];
  const forecastOf = async (n: number, d: number) => {
    const target = ["--target-n", `${n}`, "--target-d", `${d}`, "--draws", "20", "--json"];
    return JSON.parse((await scaling(...asked, ...target)).stdout);
  };
  const near = await forecastOf(2.5e10, 6.28e11);
  expect(near.law).toBe("power");
  const far = await forecastOf(1e9, 1.5e13);
  expect(far.law).toBe("coupled");
  expect(far.decisions.deadweight.loss).toBeGreaterThan(0.02);
  expect(far.forecast.loss).toBeGreaterThan(near.forecast.loss);
});

test("an irreducible loss that the runs cannot tell is refused with a range", async () => {
  const lines = [1e18, 3e18, 1e19, 3e19, 1e20].map((c, i) => {
    return `${c},${40 * c ** -0.06 * (1 + 0.004 * (-1) ** i)}`;
  });
  await writeFile(join(directory, "zero.csv"), ["c,loss", ...lines].join("\n"));
  const flags = ["fit", "--data", "zero.csv", "--c", "c", "--loss", "loss", "--draws", "5"];
  const { code, stdout, stderr } = await scaling(...flags, "--json");
  expect([code, stderr]).toEqual([3, expect.stringMatching(/cannot be told .* 0 to [1-9]/)]);
  const { params, diagnostics, refusal } = JSON.parse(stdout);
  expect(params.alpha).toBeGreaterThan(0);
  expect(refusal.reason).toBe("unidentifiable-irreducible");
  expect(diagnostics.irreducible).toMatchObject({ low: 0, isIdentified: false });
  expect((await scaling(...flags, "--law", "power-to-zero")).code).toBe(0);
});

test("a table is forecast from its own beginnings", async (context) => {
  context.skip(delphi === undefined, withoutSharedData);
  const flags = ["backtest", "--data", delphi!, "--c", "budget_flops", "--loss", "loss"];
  const filter = ["--filter", "kind != isoflop", "--draws", "30"];
  const { stdout } = await scaling(...flags, ...filter, "--out", "backtest.html", "--json");
  const page = await readFile(join(directory, "backtest.html"), "utf8");
  for (const text of ["Nominal level", "a plain bootstrap", "Every forecast"]) {
    expect(page).toContain(text);
  }
  expect(page.match(/<tr>/g)).toHaveLength(16);
  const { targets, coverage } = JSON.parse(stdout);
  expect(targets.length).toBe(15);
  for (const { predicted, actual, errorRate, law } of targets) {
    expect(errorRate).toBeCloseTo(predicted / actual - 1, 12);
    expect(law).toBe("power");
  }
  const covered = targets.filter((one: { covered: boolean }) => one.covered).length;
  expect(coverage).toBe(covered / targets.length);
  const shown = await scaling(...flags, ...filter, "--law", "power-to-zero");
  expect(shown.stdout).toMatch(/1\.00e22 .* power-to-zero/);
  expect(shown.stdout).toMatch(/of 15 losses inside their 90 % interval/);
});

test("what a forecast lacks is said", async () => {
  const rows = [1e18, 3e18, 1e19].map((c) => `${c},3`);
  await writeFile(
    join(directory, "few.csv"),
    ["c,loss,kind", ...rows.map((row) => `${row},a`)].join("\n"),
  );
  const few = ["--data", "few.csv", "--c", "c", "--loss", "loss"];
  const refused = async (argv: readonly string[], code: number, message: string) => {
    const outcome = await scaling(...argv);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
  };
  await refused(["forecast", ...few], 2, "give --target-compute");
  await refused(
    ["forecast", ...few, "--target-n", "1e9"],
    2,
    "--target-n and --target-d: give both",
  );
  await refused(["forecast", ...few, "--target-depth", "3"], 2, "--target-depth is of ladders");
  await refused(["forecast", ...few, "--target-compute", "1e21"], 3, "expected 4 or more computes");
  await refused(
    ["forecast", ...few, "--optimal", "kind = b", "--target-compute", "1e21"],
    2,
    "no row",
  );
  await refused(["backtest"], 2, "expected --data TABLE");
  const json = await scaling("forecast", ...few, "--target-compute", "1e21", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { reason: "too-few-levels" } });
});

test("the forecast of a run trained elsewhere is sealed and scored by name", async (context) => {
  context.skip(delphi === undefined, withoutSharedData);
  const flags = ["--data", delphi!, ...sized, "--filter", "kind = isoflop", "--draws", "20"];
  const forecast = (compute: string, name: string) =>
    scaling("forecast", ...flags, "--target-compute", compute, "--seal", name);
  const known = await forecast("3e20", "old");
  expect([known.code, known.stderr]).toEqual([
    3,
    expect.stringContaining("holds a run of the target"),
  ]);
  expect((await forecast("1e23", "big")).stdout).toMatch(/entry 0 .*run big, loss 2\.3\d+/);
  const twice = await forecast("1e23", "big");
  expect([twice.code, twice.stderr]).toEqual([
    3,
    expect.stringContaining("already holds a forecast"),
  ]);

  const unknown = await scaling("score", "small", "--actual", "2");
  expect([unknown.code, unknown.stderr]).toEqual([
    3,
    expect.stringContaining('sealed for "small"'),
  ]);
  const { scores } = JSON.parse(
    (await scaling("score", "big", "--actual", "2.3546", "--json")).stdout,
  );
  expect(scores).toEqual([expect.objectContaining({ actual: 2.3546, isInside80: true })]);
  expect((await scaling("score", "--actual", "2")).stderr).toContain("name it");
  expect((await scaling("verify")).stdout).toBe("The ledger is intact.\n");
});

test("repeated data has a law of its own, and unfinished runs are left out", async () => {
  const lines = ["size,seen,different,loss,state"];
  for (const n of [1e7, 3e7, 1e8, 3e8, 1e9]) {
    for (const ratio of [5, 20, 80, 320]) {
      const unique = Math.min(ratio, 15) * n;
      const worth = unique * (1 + 9 * (1 - Math.exp(-((ratio * n) / unique - 1) / 9)));
      const loss = 1.8 + 480 / n ** 0.35 + 2100 / worth ** 0.37;
      lines.push(`${n},${ratio * n},${unique},${loss},finished`);
    }
  }
  await writeFile(join(directory, "again.csv"), [...lines, "1e9,1e9,1e9,,diverged"].join("\n"));
  const asked = ["--data", "again.csv", "--n", "size", "--d", "seen", "--loss", "loss"];
  const all = [...asked, "--d-unique", "different", "--status", "state", "--draws", "10"];
  const { stdout, stderr } = await fitted(...all, "--law", "repetition", "--json");
  expect(JSON.parse(stdout).params.R).toBeCloseTo(9, 1);
  expect(stderr).toContain('left out: 1 runs of status "diverged"');

  const place = ["--target-n", "3e9", "--target-d", "3e11", "--target-unique", "3e10"];
  const forecast = await scaling("forecast", ...all, ...place, "--law", "repetition", "--json");
  const worth = 3e10 * (1 + 9 * (1 - Math.exp(-1)));
  const truth = 1.8 + 480 / 3e9 ** 0.35 + 2100 / worth ** 0.37;
  expect(JSON.parse(forecast.stdout).forecast.loss).toBeCloseTo(truth, 2);

  const blind = await fitted(...asked, "--law", "repetition", "--status", "state");
  expect([blind.code, blind.stderr]).toEqual([2, expect.stringContaining("--d-unique COLUMN")]);
});

test("a changed recipe is worth a factor of compute, and other choices are shown", async () => {
  const lines = ["recipe,flops,loss,smooth"];
  const random = new Random(4);
  for (const c of [1e18, 3e18, 1e19, 3e19, 1e20, 3e20]) {
    for (const worth of [1, 1, 1.4]) {
      const mean = 1.7 + 1.4e3 * (c * worth) ** -0.17;
      const loss = () => mean * Math.exp(1e-3 * random.normal());
      lines.push(`${worth > 1 ? "new" : "old"},${c},${loss()},${loss()}`);
    }
  }
  await writeFile(join(directory, "recipes.csv"), lines.join("\n"));
  const flags = ["--data", "recipes.csv", "--c", "flops", "--loss", "loss", "--draws", "50"];
  const asked = [...flags, "--changed", "recipe = new", "--target-compute", "1e22"];
  const { stdout } = await scaling("forecast", ...asked, "--json");
  const { multiplier, interval, runs } = JSON.parse(stdout).computeMultiplier;
  expect(runs).toHaveLength(6);
  expect(multiplier).toBeCloseTo(1.4, 0);
  expect([interval.low < 1.4, interval.high > 1.35]).toEqual([true, true]);

  const more = ["--sensitivity", "--loss-other", "smooth"];
  const shown = await scaling("forecast", ...asked, ...more);
  expect(shown.stdout).toMatch(/changed recipe is worth 1\.\d+ times the compute/);
  for (const text of ["the loss of smooth", "one run of each kind, number 2"]) {
    expect(shown.stdout).toContain(text);
  }
});
