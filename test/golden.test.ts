import { expect, test } from "vitest";
import { sharedPath, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import { goldenFunctions } from "./golden/functions.ts";
import { runGolden } from "./golden/run-golden.ts";

test("our functions give the answers of the official implementations", (context) => {
  const folder = sharedPath("golden");
  context.skip(folder === undefined, withoutSharedData);
  const { passed, failures, missing } = runGolden(folder!);
  expect(failures).toEqual([]);
  expect(passed).toBeGreaterThan(150);
  for (const name of Object.keys(goldenFunctions)) expect(missing.has(name)).toBe(false);
});
