import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "./tracked-files.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-summary-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Runs a file of tests under the reporter; its lines from the first skipped test on. */
async function summaryOf(tests: string, { isCi }: { isCi: boolean }) {
  await writeFile(join(folder, "some.test.js"), tests);
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporter = join(root, "scripts", "summary-reporter.ts");
  const flags = ["run", "--globals", "--root", folder];
  const { CI: _, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, ...flags, "--reporter=default", `--reporter=${reporter}`],
    { encoding: "utf8", cwd: folder, env: isCi ? { ...env, CI: "true" } : env },
  );
  const lines = stdout.trimEnd().split("\n");
  const first = lines.findIndex((line) => /^(not allowed|skipped: |\d+ passed)/.test(line));
  return { status, lines: lines.slice(first) };
}

const skipping = `
test("right", () => {});
test("fast", (context) => context.skip(true, "needs a GPU of any kind"));
describe("peers", () => { test("same", (context) => context.skip("needs Python")); });
test.skip("never", () => {});
`;

test("skipped tests are listed with their reasons and counted", async () => {
  expect(await summaryOf(skipping, { isCi: false })).toEqual({
    status: 0,
    lines: [
      "skipped: some.test.js > fast (needs a GPU of any kind)",
      "skipped: some.test.js > peers > same (needs Python)",
      "skipped: some.test.js > never (no reason given)",
      "1 passed, 0 failed, 3 skipped",
    ],
  });
});

test("in CI a skip for want of something installable fails", async () => {
  expect(await summaryOf(skipping, { isCi: true })).toEqual({
    status: 1,
    lines: [
      "skipped: some.test.js > fast (needs a GPU of any kind)",
      "not allowed to skip in CI: some.test.js > peers > same (needs Python)",
      "not allowed to skip in CI: some.test.js > never (no reason given)",
      "1 passed, 2 failed, 1 skipped",
    ],
  });
});

test.each([
  ["a failing test", `test("a", () => {}); test("b", () => { throw new Error("b"); });`, 1],
  ["a file that breaks", `test("a", () => {}); throw new Error("outside");`, 0],
  ["a file without tests", "", 0],
])("%s fails the run", async (_name, tests, passed) => {
  const { status, lines } = await summaryOf(tests, { isCi: false });
  expect({ status, lines }).toEqual({ status: 1, lines: [`${passed} passed, 1 failed`] });
});
