import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { capabilityFigure } from "../../report/capability-figure.ts";
import { capabilityPage } from "../../report/capability-page.ts";
import {
  type BucketForecast,
  type CapabilityForecast,
  forecastCapability,
} from "../../scaling/capability/capability-forecast.ts";
import {
  countColumns,
  type PassCount,
  readPassCounts,
} from "../../scaling/capability/pass-counts.ts";
import { Ledger } from "../../scaling/ledger/ledger.ts";
import { sealPassRates } from "../../scaling/ledger/pass-rate-sealing.ts";
import { parseFilter } from "../../scaling/run-table/row-filter.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { WorkspaceDatabase } from "../../workspace/database.ts";
import { findRun } from "../../workspace/run-table.ts";
import { choiceFlags, forecastChoice } from "../choice-forecast.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { sealedText } from "../forecast-text.ts";
import { formatFlops } from "../number-format.ts";
import { amendFlag, runTableFlags, tableForecastFlags, tableRows } from "../run-table-flags.ts";
import { tableTargetFlags } from "../table-forecast.ts";
import { textTable } from "../text-table.ts";
import { withWorkspace } from "../with-workspace.ts";

const column = (standard: string, what: string) =>
  z.string().min(1).default(standard).meta({ placeholder: "COLUMN" }).describe(what);

const schema = z.strictObject({
  data: z
    .array(z.string().min(1))
    .min(1)
    .meta({ placeholder: "TABLE" })
    .describe("CSV, JSON Lines or Parquet file of counts, or a folder of them; may be repeated"),
  problem: column(countColumns.problem, "the problem"),
  n: runTableFlags.n,
  d: runTableFlags.d,
  c: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "COLUMN" })
    .describe(`the model's training compute in FLOP; ${countColumns.c} by default`),
  passes: column(countColumns.passes, "how many samples passed"),
  samples: column(countColumns.samples, "how many were taken"),
  filter: runTableFlags.filter,
  optimal: runTableFlags.optimal,
  dUnique: runTableFlags.dUnique,
  lossError: runTableFlags.lossError,
  cluster: runTableFlags.cluster,
  lossOther: runTableFlags.lossOther,
  status: runTableFlags.status,
  dropHighest: runTableFlags.dropHighest,
  ...choiceFlags,
  law: tableForecastFlags.law,
  targetCompute: z
    .number()
    .positive()
    .optional()
    .describe("training compute to forecast at; of --seal's run by default"),
  targetN: tableTargetFlags.targetN,
  targetD: tableTargetFlags.targetD,
  targetUnique: tableTargetFlags.targetUnique,
  buckets: z.int().min(1).default(6).describe("groups of problems by difficulty"),
  hardest: z
    .number()
    .min(0)
    .lt(1)
    .default(15 / 164)
    .describe("share of the problems, the hardest, that is left out"),
  level: z.number().gt(0).lt(1).default(0.9).describe("of the intervals"),
  draws: z.int().min(1).default(100).describe("refits to problems drawn with replacement"),
  passAt: z.int().min(1).default(10).describe("samples of which one must pass, for pass@k"),
  seed: z.int().min(0).default(1).describe("of the draws"),
  seal: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "RUN" })
    .describe("write the forecast down for this run, made by `scaling seal` or trained elsewhere"),
  amend: amendFlag,
  out: z.string().optional().meta({ placeholder: "FILE.html" }).describe("a page with the figure"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling capability`: how often a larger model passes, by difficulty. */
export const command = defineCommand({
  schema,
  details:
    "A row is a problem and a model: how many of its samples passed. Models of the target's compute or more\nare held out: they are neither fitted nor sort the problems, and stand beside the forecast.\nOf a choice task: --data runs.csv --n params --d tokens --soft bpb --accuracy acc --target-compute 1e23;\nfirst the loss of the right answers is forecast, then how many are chosen.",
  async run(flags, context) {
    if (flags.soft !== undefined) return { json: await forecastChoice(flags, context) };
    const filters = flags.filter.map((text) => parseFilter(text, "--filter"));
    const columns = { ...flags, c: flags.c ?? countColumns.c };
    const counts = await readPassCounts(tableRows(flags.data, context.directory), columns, filters);
    if (flags.seal !== undefined) return sealed(flags, counts, context);
    if (flags.targetCompute === undefined) {
      throw new ConfigError("scaling capability: give --target-compute, or --seal RUN");
    }
    const settings = { ...flags, targetCompute: flags.targetCompute };
    return { json: await shown(settings, forecastCapability(counts, settings), context) };
  },
});

type Settings = Flags & { readonly targetCompute: number };

/** Prints a forecast, draws its page when one is asked for, and gives it as JSON. */
async function shown(settings: Settings, forecast: CapabilityForecast, context: Context) {
  context.stdout.write(capabilityText(forecast, settings));
  if (settings.out !== undefined) await writePage(settings, forecast, context);
  return { ...forecast, targetCompute: settings.targetCompute };
}

/** Forecasts for a run and seals each bucket's pass rate. */
function sealed(flags: Flags, counts: readonly PassCount[], context: Context) {
  const { seal: run = "", buckets, hardest, level, draws, seed, passAt } = flags;
  return withWorkspace(context, async ({ database }) => {
    const targetCompute = flags.targetCompute ?? (await plannedCompute(database, run));
    const settings = { targetCompute, buckets, hardest, level, draws, seed, passAt };
    const forecast = forecastCapability(counts, settings);
    const json = await shown({ ...flags, targetCompute }, forecast, context);
    const id = (await findRun(database, run))?.id ?? run;
    const seals = await sealPassRates(database, id, {
      forecast,
      counts,
      settings,
      amend: flags.amend,
    });
    for (const one of seals) context.stdout.write(sealedText(one));
    return { json: { ...json, seals: seals.map(({ entry }) => entry) } };
  });
}

/** Compute of a run of the workspace, or of one whose loss was sealed. */
async function plannedCompute(database: WorkspaceDatabase, name: string): Promise<number> {
  const forecasts = await new Ledger(database).forecasts();
  const planned = forecasts.find(({ sealed }) => sealed.target.id === name)?.sealed.target.flops;
  const flops = planned ?? (await findRun(database, name))?.flops;
  if (flops !== undefined) return flops;
  throw new ConfigError(
    `--seal: "${name}" is no run of the workspace; say its training compute with --target-compute`,
  );
}

function capabilityText(
  { buckets, untold, difficulties, drift, extrapolation }: CapabilityForecast,
  { targetCompute, level, passAt }: Settings,
) {
  const right = "right" as const;
  const range = (low: number, high: number) => `${low.toFixed(3)} to ${high.toFixed(3)}`;
  const columns = [
    { title: "bucket", align: right },
    { title: "problems", align: right },
    { title: "k", align: right },
    { title: "pass rate", align: right },
    { title: `${100 * level} %`, align: right },
    { title: `pass@${passAt}`, align: right },
    { title: "-E[ln pass rate]", align: right },
    { title: `${100 * level} %`, align: right },
    { title: "held out" },
  ];
  const table = textTable(
    columns,
    buckets.map((one) => [
      `${one.bucket}`,
      `${one.problems}`,
      `${one.law.k.toFixed(3)}${one.isInverse ? " (inverse)" : ""}`,
      `${one.passRate.toFixed(3)}${one.isUntested ? " (untested)" : ""}`,
      range(one.passRateInterval.low, one.passRateInterval.high),
      one.passAt.toFixed(3),
      one.meanNegLog.toFixed(3),
      range(one.negLogInterval.low, one.negLogInterval.high),
      heldOutText(one),
    ]),
  );
  return [
    `${formatFlops(targetCompute)} FLOP, ${extrapolation.toPrecision(3)} times the largest fitted model; ${difficulties.leftOut.length} hardest problems left out\n`,
    table,
    ...untold.map(
      ({ bucket, passes }) =>
        `bucket ${bucket}: passed ${passes} times by all fitted models together, too seldom for a forecast\n`,
    ),
    ...(buckets.some(({ isUntested }) => isUntested)
      ? [
          "untested: no fitted model passes a fifth of the samples; such skills may be learnt at once, and nothing bounds the rate from above\n",
        ]
      : []),
    `inside the ladder the laws were off by ${drift.toFixed(3)} in ln -ln pass rate for each factor e of compute\n`,
  ].join("");
}

/** Pass rates of the models that were held out. */
function heldOutText({ observed }: BucketForecast): string {
  return observed
    .filter(({ isFitted }) => !isFitted)
    .map(({ c, passes, samples }) => `${(passes / samples).toFixed(3)} at ${formatFlops(c)}`)
    .join(", ");
}

async function writePage(flags: Settings, forecast: CapabilityForecast, context: Context) {
  const page = capabilityPage({
    figure: await capabilityFigure(forecast, flags),
    table: capabilityText(forecast, flags),
    codeVersion: formatCodeVersion(codeVersion()),
    createdAt: new Date().toISOString(),
  });
  await writeFileAtomic(resolve(context.directory, flags.out!), page);
}
