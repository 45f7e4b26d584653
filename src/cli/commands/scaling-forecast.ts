import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { forecastLoss } from "../../scaling/forecast.ts";
import { planTarget } from "../../scaling/ladder.ts";
import { ladderPoints } from "../../scaling/sealing.ts";
import { levelsOf } from "../../scaling/tables/rolling-origin.ts";
import { type Outlook, outlook, studyTable } from "../../scaling/tables/table-forecast.ts";
import type { TableRuns } from "../../scaling/tables/table-runs.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { forecastText } from "../forecast-text.ts";
import { ladderFlags, targetDepthFlag, withLadder } from "../ladder-flags.ts";
import { ladderRows } from "../ladder-rows.ts";
import { readTableRuns, runTableFlags, tableForecastFlags, whichRuns } from "../run-table-flags.ts";
import { judgementTable, placeForecastText } from "../table-forecast-text.ts";

const schema = z.strictObject({
  ...ladderFlags,
  dataset: ladderFlags.dataset.optional(),
  ...runTableFlags,
  ...tableForecastFlags,
  targetDepth: targetDepthFlag.optional(),
  targetCompute: z.number().positive().optional().describe("training compute in FLOP"),
  targetN: z.number().positive().optional().describe("with --data: parameters of the target"),
  targetD: z.number().positive().optional().describe("with --data: tokens of the target"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling forecast`: the loss of a larger run, without sealing it. */
export const command = defineCommand({
  schema,
  positionals: ["dataset"],
  details:
    "Of a table of runs: --data runs.csv --n params --d tokens --loss final_loss --target-compute 1e23.\nThe law is chosen by what it forecast inside the table; where the lowest loss of each compute is known\nthe target is taken as compute-optimal, unless --target-n and --target-d say its size.",
  async run(flags, context) {
    const { dataset, ...rest } = flags;
    if (whichRuns("scaling forecast", flags) === "table") {
      return { json: await forecastTable(flags, context) };
    }
    return withLadder(context, { ...rest, dataset: dataset! }, async ({ workspace, choices }) => {
      const { targetDepth, targetCompute } = flags;
      if ((targetDepth === undefined) === (targetCompute === undefined)) {
        throw new ConfigError("scaling forecast: give either --target-depth or --target-compute");
      }
      const points = ladderPoints(await ladderRows(workspace, choices));
      const flops = targetCompute ?? planTarget(choices, targetDepth!).flops;
      const study = forecastLoss(points, flops);
      context.stdout.write(forecastText(study));
      return { json: { forecast: study.forecast } };
    });
  },
});

async function forecastTable(flags: Flags, context: Context): Promise<object> {
  const { law, level, draws, seed } = flags;
  const runs = await readTableRuns(flags, context);
  const place = targetPlace(flags, runs);
  const study = studyTable(runs);
  const origin = levelsOf(runs).length;
  const settings = { law: law === "auto" ? undefined : law, draws, seed, origin };
  const seen = outlook(study, runs, settings);
  const forecast = seen.at(place);
  const { low, high } = forecast.interval(level);
  context.stdout.write(placeForecastText({ place, level, runs, seen, forecast }));
  context.stdout.write(judgementTable(seen, place));
  return {
    law: seen.chosen.law!.candidate.form.name,
    forecast: { loss: forecast.loss, interval: [low, high], level },
    extrapolation: forecast.extrapolation,
    ...listed(seen, place),
    reading: seen.chosen.name,
    params: seen.chosen.law!.fit.parameters,
    target: place,
    ...{ spread: forecast.spread, noise: seen.noise, optima: runs.source },
  };
}

/** Every law beside the chosen one. */
function listed({ judgements }: Outlook, place: TargetPlace) {
  const shown = judgements.map(({ name, law, bias, drift, rejection }) => ({
    ...{ reading: name, law: law?.candidate.form.name ?? name.replace(/,.*/, "") },
    loss: law?.lossAt(place) ?? null,
    ...{ oneLevelBias: bias, drift },
    ...(rejection !== undefined && { reason: rejection }),
  }));
  return {
    admitted: shown.filter(({ reason }) => reason === undefined),
    rejected: shown.filter(({ reason }) => reason !== undefined),
  };
}

type TargetPlace = Parameters<Outlook["at"]>[0];

function targetPlace(
  { targetCompute, targetN, targetD, targetDepth }: Flags,
  { flopsPerToken }: TableRuns,
): TargetPlace {
  if (targetDepth !== undefined) {
    throw new ConfigError("--target-depth is of ladders; with --data give --target-compute");
  }
  if ((targetN === undefined) !== (targetD === undefined)) {
    throw new ConfigError("--target-n and --target-d: give both, or --target-compute alone");
  }
  if (targetN !== undefined && targetD !== undefined) {
    return { n: targetN, d: targetD, c: targetCompute ?? flopsPerToken * targetN * targetD };
  }
  if (targetCompute === undefined) {
    throw new ConfigError("scaling forecast: give --target-compute, or --target-n and --target-d");
  }
  return { n: Number.NaN, d: Number.NaN, c: targetCompute };
}
