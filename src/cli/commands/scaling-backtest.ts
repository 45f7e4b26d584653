import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { backtestPage } from "../../report/backtest-page.ts";
import type { Coverage } from "../../report/coverage-figure.ts";
import { candidateLaws, describeCandidate } from "../../scaling/tables/candidate-law.ts";
import { type LeftOut, leaveLargest } from "../../scaling/tables/leave-largest.ts";
import {
  backtestTable,
  holds,
  type TableBacktestTarget,
} from "../../scaling/tables/table-backtest.ts";
import { studyTable } from "../../scaling/tables/table-forecast.ts";
import type { TableRuns } from "../../scaling/tables/table-runs.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { formatFlops, formatShift } from "../number-format.ts";
import { readForecastTable, runTableFlags, tableForecastFlags } from "../run-table-flags.ts";
import { textTable } from "../text-table.ts";

const schema = z.strictObject({
  ...runTableFlags,
  ...tableForecastFlags,
  seed: z.int().min(0).default(1).describe("of the refits"),
  out: z
    .string()
    .optional()
    .meta({ placeholder: "FILE.html" })
    .describe("a page with the coverage of the intervals and every forecast"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling backtest`: what forecasts from the beginnings of a table made of its rest. */
export const command = defineCommand({
  schema,
  details:
    "At each compute the smaller runs alone choose a law and forecast all larger ones:\n--data runs.csv --n params --d tokens --loss final_loss.",
  async run(flags, context) {
    if (flags.data.length === 0) throw new ConfigError("scaling backtest: expected --data TABLE");
    return { json: await backtest(flags, context) };
  },
});

async function backtest(flags: Flags, context: Context): Promise<object> {
  const { law, level, draws, seed } = flags;
  const { runs } = await readForecastTable(flags, context);
  const settings = { law: law === "auto" ? undefined : law, draws, seed };
  const { targets, refused } = backtestTable(studyTable(runs), runs, settings);
  const shown = targets.map((target) => targetJson(target, level));
  const covered = shown.filter((one) => one.covered).length;
  const coverage = shown.length === 0 ? null : covered / shown.length;
  context.stdout.write(originTable(targets, level));
  for (const { from, reason } of refused) {
    context.stdout.write(`from ${formatFlops(from)} FLOP: refused (${reason})\n`);
  }
  const inside = `${covered} of ${shown.length} losses inside their ${100 * level} % interval\n`;
  context.stdout.write(inside);
  if (flags.out !== undefined && targets.length > 0) {
    const page = await backtestPage({
      ...{ summary: inside, coverage: coverageOf(targets), rows: shown.map(pageRow) },
      codeVersion: formatCodeVersion(codeVersion()),
      createdAt: new Date().toISOString(),
    });
    await writeFileAtomic(resolve(context.directory, flags.out), page);
  }
  const largest = largestLeftOut(runs, targets.at(-1)?.reading);
  context.stdout.write(largestText(largest));
  return { targets: shown, coverage, level, refused, leaveLargest: largest };
}

/** Nominal levels that a page shows. */
const shownLevels = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/** How many losses the intervals held, beside those of refits alone. */
function coverageOf(targets: readonly TableBacktestTarget[]): Coverage[] {
  return shownLevels.flatMap((level) => {
    const counted = (name: string, intervalOf: (target: TableBacktestTarget) => Interval) => ({
      ...{ name, level, of: targets.length },
      inside: targets.filter((target) => holds(intervalOf(target), target.held)).length,
    });
    return [
      counted("intervals of the forecasts", ({ forecast }) => forecast.interval(level)),
      counted("a plain bootstrap", ({ bootstrap }) => bootstrap(level)),
    ];
  });
}

function pageRow(target: ReturnType<typeof targetJson>): string[] {
  const { id, reading, extrapolation, predicted, actual, errorRate, covered } = target;
  return [
    ...[id, reading, extrapolation.toPrecision(3), predicted.toPrecision(5)],
    ...[actual.toPrecision(5), formatShift(errorRate), covered ? "yes" : "no"],
  ];
}

type Largest = Readonly<Record<"n" | "d", readonly LeftOut[]>>;

/** Laws of size and data on the runs of the largest size, and of the most tokens. */
function largestLeftOut(runs: TableRuns, chosen: string | undefined): Largest {
  const whole = candidateLaws.filter(
    (one) => one.window === undefined || describeCandidate(one) === chosen,
  );
  const along = (axis: "n" | "d") => whole.flatMap((one) => leaveLargest(one, runs, axis) ?? []);
  return runs.source === "one size a compute" || runs.grid.length === 0
    ? { n: [], d: [] }
    : { n: along("n"), d: along("d") };
}

function largestText({ n, d }: Largest): string {
  const lines = [
    ...n.map((one) => ({ one, what: "size" })),
    ...d.map((one) => ({ one, what: "number of tokens" })),
  ].map(({ one, what }) => {
    const { reading, beyond, runs, meanError, largestError } = one;
    return `the largest ${what} left out, ${beyond.toPrecision(3)} times the next: ${reading} ${formatShift(meanError)} on ${runs} runs, largest ${formatShift(largestError)}\n`;
  });
  return lines.join("");
}

function targetJson(target: TableBacktestTarget, level: number) {
  const { held, from, law, reading, forecast, regret } = target;
  const { n, d, c } = held.place;
  const size = n > 0 ? ` N ${n.toPrecision(4)} D ${d.toPrecision(4)}` : "";
  const { low, high } = forecast.interval(level);
  return {
    id: `${c.toPrecision(4)}${size} from ${from.toPrecision(4)}`,
    ...{ law, reading, predicted: forecast.loss, actual: held.loss },
    errorRate: forecast.loss / held.loss - 1,
    covered: holds({ low, high, level }, held),
    ...{ interval: [low, high], extrapolation: forecast.extrapolation },
    ...(regret !== undefined && { sizeRegret: regret }),
  };
}

/** One line for each compute that was forecast from. */
function originTable(targets: readonly TableBacktestTarget[], level: number): string {
  const right = "right" as const;
  const columns = [
    { title: "from (FLOP)", align: right },
    { title: "law" },
    { title: "losses", align: right },
    { title: "farthest", align: right },
    { title: "mean error", align: right },
    { title: "largest", align: right },
    { title: "inside", align: right },
  ];
  const origins = [...new Set(targets.map(({ from }) => from))];
  return textTable(
    columns,
    origins.map((from) => {
      const own = targets.filter((target) => target.from === from);
      const errors = own.map(({ forecast, held }) => forecast.loss / held.loss - 1);
      const largest = errors.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most));
      const inside = own.filter(({ held, forecast }) => holds(forecast.interval(level), held));
      const farthest = Math.max(...own.map(({ forecast }) => forecast.extrapolation));
      return [
        formatFlops(from),
        own[0]!.reading,
        String(own.length),
        `${farthest.toPrecision(3)}x`,
        formatShift(errors.reduce((sum, one) => sum + one, 0) / errors.length),
        formatShift(largest),
        `${inside.length}`,
      ];
    }),
  );
}
