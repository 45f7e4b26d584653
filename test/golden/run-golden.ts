import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Golden, goldenFunctions, type Tolerance } from "./functions.ts";

interface GoldenFile {
  readonly functions: Readonly<
    Record<
      string,
      {
        readonly tolerance: Tolerance;
        readonly tolerance_for?: Readonly<Record<string, Tolerance>>;
      }
    >
  >;
  readonly cases: readonly {
    readonly id: string;
    readonly fn: string;
    readonly class: string;
    readonly in: Golden;
    readonly out: Golden;
  }[];
}

/** What came of a folder of golden files. */
export interface GoldenResult {
  readonly passed: number;
  /** One line for each case that does not agree. */
  readonly failures: readonly string[];
  /** Functions and variants of the files that we do not have, with their number of cases. */
  readonly missing: ReadonlyMap<string, number>;
}

/** Runs every case of every function that we have, in all golden files of a folder. */
export function runGolden(folder: string): GoldenResult {
  let passed = 0;
  const failures: string[] = [];
  const missing = new Map<string, number>();
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".json"))) {
    const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as GoldenFile;
    for (const one of file.cases) {
      const ours = goldenFunctions[one.fn];
      if (ours === undefined || ours.has?.(one.in) === false) {
        const variant = ours === undefined ? one.fn : `${one.fn} (${one.class})`;
        missing.set(variant, (missing.get(variant) ?? 0) + 1);
        continue;
      }
      const { tolerance, tolerance_for = {} } = file.functions[one.fn]!;
      const own = { ...tolerance_for, ...ours.tolerances?.(one.out, one.class) };
      const wrong = Object.entries(attempt(() => ours.run(one.in)))
        .filter(([key]) => key === "error" || key in one.out)
        .filter(([key, got]) => !agrees(got, one.out[key], own[key] ?? tolerance))
        .map(([key, got]) => `${key} ${JSON.stringify(got)}, not ${JSON.stringify(one.out[key])}`);
      if (wrong.length === 0) passed++;
      else failures.push(`${one.id} (${one.class}): ${wrong.join("; ")}`);
    }
  }
  return { passed, failures, missing };
}

function attempt(work: () => Readonly<Record<string, unknown>>) {
  try {
    return work();
  } catch (error) {
    return { error: String(error) };
  }
}

/** Numbers within the tolerance, everything else equal; non-finite numbers are words in the files. */
function agrees(got: unknown, want: unknown, tolerance: Tolerance): boolean {
  if (Array.isArray(want)) {
    return (
      Array.isArray(got) &&
      got.length === want.length &&
      want.every((one, i) => agrees(got[i], one, tolerance))
    );
  }
  if (isRecord(got) && isRecord(want)) {
    return Object.entries(want).every(([key, one]) => agrees(got[key], one, tolerance));
  }
  if (typeof got !== "number") return got === want;
  if (!Number.isFinite(got)) return String(got) === want;
  return (
    typeof want === "number" &&
    Math.abs(got - want) <= tolerance.abs + tolerance.rel * Math.abs(want)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
