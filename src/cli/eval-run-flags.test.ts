import { expect, test } from "vitest";
import { evalRunFlags, evalRunGroups } from "./eval-run-flags.ts";
import { runCli } from "./run-cli.fixture.ts";

test("every flag of eval run stands below one heading of its help", async () => {
  const grouped = Object.values(evalRunGroups).flat();
  expect(new Set(grouped).size).toBe(grouped.length);
  expect(["task", ...grouped].toSorted()).toEqual(Object.keys(evalRunFlags.shape).toSorted());
  const { stdout } = await runCli(["eval", "run", "--help"]);
  const headings = [...stdout.matchAll(/^(\S.*):$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([
    "Arguments",
    ...Object.keys(evalRunGroups),
    "Options",
    "Global Options",
  ]);
});
