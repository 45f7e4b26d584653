import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
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
