/**
 * What every benchmark shares: the machine line, interleaved measurement and the two outputs.
 * Machines are noisy, so a number is only ever compared with one measured in the same run.
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { describeMachine } from "../src/workspace/machine.ts";

/** One result; `ratio` is ours over the baseline, above 1 is better for us; null without a baseline. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: string | null;
  readonly ratio: number | null;
}

/** What a benchmark gets from the command line. */
export interface BenchOptions {
  /** Rounds of interleaved measurement; a benchmark has its own default. */
  readonly rounds: number | undefined;
  /** Only the cases whose name begins with this text. */
  readonly only: string;
  /** Samples of an evaluation; a benchmark has its own default. */
  readonly samples?: number | undefined;
  /** Of an answer; a benchmark has its own default. */
  readonly maxTokens?: number | undefined;
  /** Writes a line for people (standard error under `--json`). */
  readonly print: (line: string) => void;
}

/** A benchmark: `bench/<thing>.ts` exports one, `bench/run.ts` lists it. */
export interface Bench {
  readonly description: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

/** Measurements of one contestant: median and minimum in the unit of the values, and their number. */
export interface Summary {
  readonly median: number;
  readonly minimum: number;
  readonly n: number;
}

/** One timed block: the seconds of each step it ran. */
export type Block = () => Promise<readonly number[]>;

/** The machine, its versions and its load, in one line. */
export function machineLine(): string {
  const { cpu, cores, memoryBytes, platform, node } = describeMachine();
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    cpu,
    `${cores} cores`,
    `${Math.round(memoryBytes / 2 ** 30)} GiB`,
    platform,
    `node ${node}`,
    `onnxruntime ${packageVersion("onnxruntime-node")}`,
    `load ${load.join(" ")}`,
  ].join(", ");
}

function packageVersion(name: string): string {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/**
 * Median, minimum and number of values.
 *
 * @throws {RangeError} when there are none: a benchmark that measured nothing must fail
 */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError("summarise: expected at least one measurement");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  const median = sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
  return { median, minimum: sorted[0]!, n: sorted.length };
}

/**
 * Runs the contestants' blocks by turns, the order turned round in every other round, so that a
 * slow spell of the machine falls on all of them. Warm them up before.
 *
 * @returns seconds of every step, by contestant
 */
export async function interleave<Name extends string>(
  contestants: Readonly<Record<Name, Block>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const seconds = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      seconds[name]!.push(...(await contestants[name]()));
    }
  }
  return seconds as Record<Name, number[]>;
}

/** The rows as an aligned table for people. */
export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    formatNumber(row.value),
    row.unit,
    row.ratio === null ? "" : `${row.ratio.toFixed(2)}x`,
    row.baseline ?? "",
  ]);
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...cells.map((line) => line[i]!.length)));
  return cells
    .map(([name, value, unit, ratio, baseline]) =>
      [
        name!.padEnd(widths[0]!),
        value!.padStart(widths[1]!),
        unit!.padEnd(widths[2]!),
        ratio!.padStart(widths[3]!),
        baseline,
      ]
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A number with about four significant digits and thousands separated. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
