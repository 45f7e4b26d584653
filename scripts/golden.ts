/**
 * `npm run golden [-- --dir FOLDER]`: our functions against the answers of the field's official
 * implementations, case by case; by default those of the shared test data.
 */
import { parseArgs } from "node:util";
import { sharedPath, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import { runGolden } from "../test/golden/run-golden.ts";

const { values } = parseArgs({ options: { dir: { type: "string" } } });
const folder = values.dir ?? sharedPath("golden");
if (folder === undefined) throw new Error(withoutSharedData);
const { passed, failures, missing } = runGolden(folder);
for (const failure of failures) console.log(failure);
if (missing.size > 0) {
  const names = [...missing].map(([name, cases]) => `${name} ${cases}`);
  console.log(`not ours yet, with their cases: ${names.join(", ")}`);
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
