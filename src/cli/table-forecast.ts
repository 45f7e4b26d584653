import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { bandComputes } from "../report/loss-law-figure.ts";
import { forecastFigure, isoFlopFigure, tornadoFigure } from "../report/table-figures.ts";
import { tablePage } from "../report/table-page.ts";
import type { LawPlace } from "../scaling/laws/law-form.ts";
import type { LedgerEntry } from "../scaling/ledger/ledger-entry.ts";
import { sealTableLoss } from "../scaling/ledger/table-sealing.ts";
import { bestRun, deadweight, isFarFromBest } from "../scaling/tables/best-run.ts";
import { budgetsOf } from "../scaling/tables/budgets.ts";
import { type ComputeMultiplier, computeMultiplier } from "../scaling/tables/compute-multiplier.ts";
import { levelsOf } from "../scaling/tables/rolling-origin.ts";
import { type Sensitivity, sensitivityOf } from "../scaling/tables/sensitivity.ts";
import {
  type Outlook,
  outlook,
  type PlaceForecast,
  studyTable,
} from "../scaling/tables/table-forecast.ts";
import type { TableRuns } from "../scaling/tables/table-runs.ts";
import { writeFileAtomic } from "../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import type { Context } from "./context.ts";
import { sealedText } from "./forecast-text.ts";
import {
  amendFlag,
  type ForecastTable,
  readForecastTable,
  runTableFlags,
  tableForecastFlags,
} from "./run-table-flags.ts";
import {
  type Decisions,
  decisionsText,
  judgementRows,
  judgementTable,
  multiplierText,
  placeForecastText,
  sensitivityTable,
} from "./table-forecast-text.ts";
import { withWorkspace } from "./with-workspace.ts";

/** Flags of a table, its forecast and the run that is asked for. */
export const tableTargetFlags = {
  ...runTableFlags,
  ...tableForecastFlags,
  targetCompute: z.number().positive().optional().describe("training compute in FLOP"),
  targetN: z.number().positive().optional().describe("with --data: parameters of the target"),
  targetD: z.number().positive().optional().describe("with --data: tokens of the target"),
  targetUnique: z
    .number()
    .positive()
    .optional()
    .describe("with --data: of the target's tokens those that differ; all by default"),
  changed: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'COLUMN OP VALUE'" })
    .describe("with --data: rows of a changed recipe, to say what it is worth in compute"),
  sensitivity: z.boolean().default(false).describe("with --data: what other choices would do"),
  out: z
    .string()
    .optional()
    .meta({ placeholder: "FILE.html" })
    .describe("with --data: a page with figures"),
  seal: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "NAME" })
    .describe("with --data: write the forecast down in the ledger for the run of this name"),
  amend: amendFlag,
  flopsPerSecond: z
    .number()
    .positive()
    .optional()
    .describe("with --data: of the machine, for hours"),
  pricePerHour: z.number().positive().optional().describe("with --data: of the machine, for money"),
} as const;

/** Which run is asked for. */
type TargetFlags = Pick<
  Flags,
  "targetCompute" | "targetN" | "targetD" | "targetUnique" | "targetDepth"
>;

type Flags = Readonly<z.output<z.ZodObject<typeof tableTargetFlags>>> & {
  readonly seed: number;
  readonly targetDepth?: number | undefined;
};

/** Forecasts a run from a table, shows it, and gives it as JSON. */
export async function forecastTable(flags: Flags, context: Context): Promise<object> {
  const { law, level, draws, seed } = flags;
  const table = await readForecastTable(flags, context);
  const { runs } = table;
  const place = targetPlace(flags, runs);
  const study = studyTable(runs);
  const origin = levelsOf(runs).length;
  const seen = outlook(study, runs, {
    ...{ law: law === "auto" ? undefined : law, draws, seed, origin },
    isSized: isFarFromBest(place, runs),
  });
  const forecast = seen.at(place);
  const { low, high } = forecast.interval(level);
  const { candidate, fit } = seen.chosen.law!;
  const decisions = decisionsFor(flags, { place, runs, seen });
  const worth = flags.changed.length > 0 ? await changedWorth(flags, seen, context) : undefined;
  const isShown = flags.sensitivity || flags.out !== undefined;
  const changes = isShown ? sensitivityOf(candidate, place, table) : undefined;
  context.stdout.write(placeForecastText({ place, level, runs, seen, forecast }));
  context.stdout.write(judgementTable(seen, place));
  context.stdout.write(decisionsText(decisions, flags));
  if (worth !== undefined) context.stdout.write(multiplierText(worth));
  if (changes !== undefined) context.stdout.write(sensitivityTable(changes));
  if (flags.out !== undefined) {
    const found = { place, seen, forecast, table, decisions, changes: changes ?? [] };
    await writePage(flags, found, context);
  }
  const seal = flags.seal && (await sealForecast(flags, { place, seen, table }, context));
  return {
    law: candidate.form.name,
    forecast: { loss: forecast.loss, interval: [low, high], level },
    extrapolation: forecast.extrapolation,
    ...listed(seen, place),
    ...{ reading: seen.chosen.name, params: fit.parameters, target: place },
    ...{ spread: forecast.spread, noise: seen.noise, optima: runs.source, decisions },
    ...(worth !== undefined && { computeMultiplier: worth }),
    ...(changes !== undefined && { sensitivity: changes }),
    ...(seal && { seal }),
  };
}

/** What the rows that `--changed` chooses are worth in compute of the others. */
async function changedWorth(
  flags: Flags,
  seen: Outlook,
  context: Context,
): Promise<ComputeMultiplier> {
  const { filter, changed, level, seed } = flags;
  const only = { ...flags, filter: [...filter, ...changed], changed: [], dropHighest: 0 };
  const { rows } = await readForecastTable({ ...only, optimal: [] }, context);
  return computeMultiplier(seen, rows, { level, seed });
}

/** Writes the forecast down, before the run that it is about. */
function sealForecast(
  flags: Flags,
  { place, seen, table }: { place: LawPlace; seen: Outlook; table: ForecastTable },
  context: Context,
): Promise<LedgerEntry> {
  const { seal = "", loss = "", data, filter, optimal, dropHighest, law, draws, seed } = flags;
  return withWorkspace(context, async ({ database }) => {
    const sealed = await sealTableLoss(
      database,
      { name: seal, place, loss },
      {
        ...{ seen, rows: table.rows, amend: flags.amend },
        configuration: { data, filter, optimal, dropHighest, law, draws, seed },
      },
    );
    context.stdout.write(sealedText(sealed));
    return sealed.entry;
  });
}

/** What to train, and what more compute or another size would do. */
function decisionsFor(
  { level, draws, seed, flopsPerSecond, pricePerHour }: Flags,
  { place, runs, seen }: { place: LawPlace; runs: TableRuns; seen: Outlook },
): Decisions {
  const law = seen.chosen.law!;
  const best = { n: Number.NaN, d: Number.NaN };
  const tenfold = law.lossAt({ ...best, c: 10 * place.c });
  const hours = flopsPerSecond === undefined ? undefined : place.c / flopsPerSecond / 3600;
  return {
    bestRun: bestRun(seen, runs, { c: place.c, level, draws, seed }),
    tenfoldLoss: tenfold / law.lossAt({ ...best, c: place.c }) - 1,
    deadweight: deadweight(law, place),
    hours,
    price: hours === undefined || pricePerHour === undefined ? undefined : hours * pricePerHour,
  };
}

/** The page with the figures. */
async function writePage(
  flags: Flags,
  {
    place,
    seen,
    forecast,
    table,
    decisions,
    changes,
  }: {
    place: LawPlace;
    seen: Outlook;
    forecast: PlaceForecast;
    table: ForecastTable;
    decisions: Decisions;
    changes: readonly Sensitivity[];
  },
  context: Context,
): Promise<void> {
  const { level } = flags;
  const { runs } = table;
  const smallest = Math.min(...table.rows.map(({ c }) => c));
  const pointAt = (one: LawPlace) => {
    const { loss, interval } = seen.at(one);
    const { low, high } = interval(level);
    return { c: one.c, loss, low, high };
  };
  const best = { n: Number.NaN, d: Number.NaN };
  const band = bandComputes(smallest, place.c, 40).map((c) => pointAt({ ...best, c }));
  const page = tablePage({
    summary: placeForecastText({ place, level, runs, seen, forecast }),
    forecast: await forecastFigure(runs, { band, target: pointAt(place) }),
    isoFlop:
      runs.source === "quadratics" ? await isoFlopFigure(budgetsOf(runs.grid), runs) : undefined,
    tornado: changes.length > 0 ? await tornadoFigure(changes) : undefined,
    laws: judgementRows(seen, place),
    decisions: decisionsText(decisions, flags),
    command: commandText(flags),
    codeVersion: formatCodeVersion(codeVersion()),
    createdAt: new Date().toISOString(),
  });
  await writeFileAtomic(resolve(context.directory, flags.out!), page);
}

function commandText({ data, n, d, c, loss, filter, optimal }: Flags): string {
  const named = Object.entries({ n, d, c, loss }).flatMap(([name, column]) =>
    column === undefined ? [] : [`--${name} ${column}`],
  );
  const quoted = (flag: string, texts: readonly string[]) =>
    texts.map((text) => `--${flag} "${text}"`);
  return [
    "foretoken scaling forecast",
    ...data.map((path) => `--data ${path}`),
    ...named,
    ...quoted("filter", filter),
    ...quoted("optimal", optimal),
  ].join(" ");
}

/** Every law beside the chosen one. */
function listed({ judgements }: Outlook, place: LawPlace) {
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

/**
 * The run that is asked for.
 *
 * @throws {ConfigError} when it is not said, or said by half
 */
export function targetPlace(
  { targetCompute, targetN, targetD, targetUnique, targetDepth }: TargetFlags,
  { flopsPerToken }: TableRuns,
): LawPlace {
  if (targetDepth !== undefined) {
    throw new ConfigError("--target-depth is of ladders; with --data give --target-compute");
  }
  if ((targetN === undefined) !== (targetD === undefined)) {
    throw new ConfigError("--target-n and --target-d: give both, or --target-compute alone");
  }
  if (targetN !== undefined && targetD !== undefined) {
    const c = targetCompute ?? flopsPerToken * targetN * targetD;
    return {
      ...{ n: targetN, d: targetD, c },
      ...(targetUnique !== undefined && { unique: targetUnique }),
    };
  }
  if (targetUnique !== undefined) {
    throw new ConfigError("--target-unique: give --target-n and --target-d too");
  }
  if (targetCompute === undefined) {
    throw new ConfigError("scaling forecast: give --target-compute, or --target-n and --target-d");
  }
  return { n: Number.NaN, d: Number.NaN, c: targetCompute };
}
