import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { compareRuns, type ScoreComparison } from "../../evaluate/compare/compare-runs.ts";
import { signedText } from "../../evaluate/compare/signed-text.ts";
import { type EvalLog, readEvalLog } from "../../evaluate/log/eval-log.ts";
import { parseReducers, type Reducer } from "../../evaluate/summary/reducer.ts";
import { defineCommand } from "../command.ts";
import { detectFlag } from "../detect-flag.ts";
import { reducerFlag } from "../reducer-flag.ts";
import { textTable } from "../text-table.ts";

const schema = z.strictObject({
  first: z.string().min(1).describe("log of a run"),
  second: z.string().min(1).describe("log of another run of the same samples"),
  level: z.number().gt(0).lt(1).default(0.95).describe("of the interval of the difference"),
  draws: z.int().min(100).default(10_000).describe("of the paired bootstrap"),
  seed: z.int().min(0).default(1).describe("of the draws"),
  reducer: reducerFlag,
  detect: detectFlag,
  limit: z.int().min(0).default(10).describe("samples that are listed of each kind of flip"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken eval compare`: which differences between two runs are real. */
export const command = defineCommand({
  schema,
  positionals: ["first", "second"],
  details:
    "The runs are compared sample by sample: the paired bootstrap's interval of the difference, and of right\nand wrong answers McNemar's exact test. A difference that neither shows is inconclusive, and the samples\nthat would show it are named. Samples that share a source (--cluster of eval run) count as one by Student's\nt on the cluster-robust standard error; of samples that were asked several times the reduced scores count.",
  async run(flags, { directory, stdout }) {
    const first = await readEvalLog(resolve(directory, flags.first));
    const second = await readEvalLog(resolve(directory, flags.second));
    const scores = compareRuns(first, second, {
      ...flags,
      reducers: reducersOf(flags, first, second),
    });
    if (scores.length === 0) throw new ConfigError(nothingText(first, second));
    stdout.write(`${first.header.task}: ${first.header.models} against ${second.header.models}\n`);
    stdout.write(comparisonTable(scores, flags));
    for (const score of scores) stdout.write(flipText(score, flags) + detectText(score, flags));
    return { json: { task: first.header.task, scores } };
  },
});

/** Why there is nothing to compare. */
function nothingText(first: EvalLog, second: EvalLog): string {
  const scored = ({ records }: EvalLog) =>
    records.filter(({ scores }) => Object.keys(scores).length > 0).length;
  return `eval compare: no sample has a score of the same name in both runs; ${scored(first)} of ${first.header.samples} samples are scored in the first, ${scored(second)} of ${second.header.samples} in the second; finish the runs, or see eval show`;
}

/** Those that are asked for, else those of the first run. */
function reducersOf({ reducer }: Flags, first: EvalLog, second: EvalLog): readonly Reducer[] {
  const names = reducer.length > 0 ? reducer : (first.header.reducers ?? ["mean"]);
  return parseReducers(names, Math.min(first.header.epochs ?? 1, second.header.epochs ?? 1));
}

function comparisonTable(scores: readonly ScoreComparison[], { level }: Flags): string {
  const right = "right" as const;
  const columns = [
    { title: "score" },
    { title: "n", align: right },
    { title: "first", align: right },
    { title: "second", align: right },
    { title: "difference", align: right },
    { title: `${Number((100 * level).toPrecision(6))} %`, align: right },
    { title: "McNemar p", align: right },
    { title: "second is" },
  ];
  return textTable(
    columns,
    scores.map(({ name, n, first, second, difference, interval, flips, verdict }) => [
      ...[name, String(n), first.toFixed(4), second.toFixed(4), signedText(difference)],
      Number.isNaN(interval.low)
        ? ""
        : `${signedText(interval.low)} to ${signedText(interval.high)}`,
      flips === undefined ? "" : flips.exactP.toPrecision(3),
      verdict,
    ]),
  );
}

function detectText(
  { name, samplesToDetect, clusters }: ScoreComparison,
  { detect }: Flags,
): string {
  if (detect === undefined) return "";
  if (samplesToDetect !== undefined) {
    return `${name}: some ${samplesToDetect} samples would show a difference of ${detect} (power 0.8)\n`;
  }
  const why =
    clusters === undefined
      ? "the runs differ nowhere"
      : "samples that share a source are no measure";
  return `${name}: how many samples would show ${detect} cannot be told, ${why}\n`;
}

function flipText(
  { name, flips, verdict, samplesNeeded }: ScoreComparison,
  { limit }: Flags,
): string {
  if (flips === undefined) return "";
  const listed = (ids: readonly string[]) =>
    ids.length === 0
      ? "none"
      : `${ids.slice(0, limit).join(", ")}${ids.length > limit ? ", …" : ""}`;
  const needed =
    verdict === "inconclusive" && samplesNeeded !== undefined
      ? `${name}: some ${samplesNeeded} samples would show this difference (power 0.8)\n`
      : "";
  return [
    `${name}: right only in the first: ${flips.onlyFirst.length} (${listed(flips.onlyFirst)})\n`,
    `${name}: right only in the second: ${flips.onlySecond.length} (${listed(flips.onlySecond)})\n`,
    needed,
  ].join("");
}
