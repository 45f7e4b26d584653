import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the shared test data lies: FORETOKEN_TEST_DATA, or `shared/data` in or beside the project. */
function sharedFolder(): string | undefined {
  const candidates = [process.env["FORETOKEN_TEST_DATA"], "shared/data", "../shared/data"];
  return candidates.find((folder) => folder !== undefined && existsSync(folder));
}

/** Where a file of the shared test data lies, or undefined when the folder is absent. */
export function sharedPath(path: string): string | undefined {
  const folder = sharedFolder();
  return folder === undefined ? undefined : join(folder, path);
}

/** The text of a file of the shared test data, or undefined when the folder is absent. */
export function sharedText(path: string): string | undefined {
  const file = sharedPath(path);
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

/** One known answer: call the function with `in`, compare with `out` key by key. */
export interface GoldenCase {
  readonly id: string;
  readonly fn: string;
  readonly class: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by function
  readonly in: any;
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by function
  readonly out: any;
}

/** The cases of one function of a golden file; undefined when the shared data is absent. */
export function goldenCases(file: string, fn: string): readonly GoldenCase[] | undefined {
  const text = sharedText(`golden/${file}.json`);
  if (text === undefined) return undefined;
  const cases = (JSON.parse(text) as { cases: GoldenCase[] }).cases.filter((one) => one.fn === fn);
  if (cases.length === 0) throw new Error(`golden/${file}.json has no case of ${fn}`);
  return cases;
}

/** What a test says when it is skipped for want of the shared data. */
export const withoutSharedData = "shared test data absent: set FORETOKEN_TEST_DATA to its folder";
