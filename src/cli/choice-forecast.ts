import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { type LinkName, type LinkPoint, linkNames } from "../scaling/capability/link.ts";
import { forecastAccuracy, type TwoStepForecast } from "../scaling/capability/two-step.ts";
import { ScalingRefusal } from "../scaling/refusal.ts";
import type { TableRow } from "../scaling/run-table/read-rows.ts";
import { missingColumn, parseFilter, passes } from "../scaling/run-table/row-filter.ts";
import { levelsOf } from "../scaling/tables/rolling-origin.ts";
import { outlook, type PlaceForecast, studyTable } from "../scaling/tables/table-forecast.ts";
import type { Context } from "./context.ts";
import { readForecastTable, tableRows } from "./run-table-flags.ts";
import { targetPlace } from "./table-forecast.ts";

const column = (what: string) =>
  z.string().min(1).optional().meta({ placeholder: "COLUMN" }).describe(what);

/** Flags of a choice task's forecast. */
export const choiceFlags = {
  soft: column("of a choice task: loss of the right answers, such as bits per byte"),
  accuracy: column("with --soft: share of right choices"),
  links: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "TABLE" })
    .describe("with --soft: models for the second step; those of --data by default"),
  linksFilter: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'COLUMN OP VALUE'" })
    .describe("with --links: rows that count, as --filter"),
  group: column("with --soft: rows of one group, such as checkpoints of a run, count as one"),
  link: z.enum(linkNames).default("logistic").describe("with --soft: from loss to accuracy"),
  chance: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("with --soft: accuracy of guessing; fitted by default"),
  anchored: z
    .boolean()
    .default(true)
    .describe("with --soft: do not hold the accuracy to 1 at a loss of zero"),
} as const;

/** Flags of tables that a choice task's forecast reads too. */
type Flags = Readonly<z.output<z.ZodObject<typeof choiceFlags>>> &
  Parameters<typeof readForecastTable>[0] &
  Parameters<typeof targetPlace>[0] & {
    readonly law: string;
    readonly level: number;
    readonly draws: number;
    readonly seed: number;
  };

/**
 * Forecasts how many right answers a model chooses: first the loss of the right answers by a law of
 * size and data, then the accuracy by a link between the two.
 */
export async function forecastChoice(flags: Flags, context: Context): Promise<object> {
  const { law, level, draws, seed, link, chance, anchored } = flags;
  const { soft = "", accuracy, data, filter, links, linksFilter } = flags;
  if (accuracy === undefined) {
    throw new ConfigError("--soft: expected --accuracy COLUMN too, the share of right choices");
  }
  const { runs } = await readForecastTable({ ...flags, loss: soft }, context);
  const place = targetPlace(flags, runs);
  const seen = outlook(studyTable(runs), runs, {
    ...{ law: law === "auto" ? undefined : law, draws, seed, origin: levelsOf(runs).length },
  });
  const loss = seen.at(place);
  const [tables, filters] = links.length === 0 ? [data, filter] : [links, linksFilter];
  const points = await linkPoints(tables, { ...flags, accuracy, filters }, context);
  const forecast = forecastAccuracy(loss, points, {
    ...{ link, chance, level, draws, seed, isAnchored: anchored },
  });
  context.stdout.write(choiceText(flags, { loss, reading: seen.chosen.name, forecast, points }));
  const { low, high } = loss.interval(level);
  const { parameters, residual, isInverse } = forecast.link;
  return {
    ...{ law: seen.chosen.law!.candidate.form.name, reading: seen.chosen.name, target: place },
    soft: { loss: loss.loss, interval: [low, high], level },
    accuracy: {
      value: forecast.accuracy,
      interval: [forecast.interval.low, forecast.interval.high],
      linkInterval: [forecast.linkInterval.low, forecast.linkInterval.high],
      level,
    },
    link: { name: link satisfies LinkName, params: parameters, residual, isInverse },
    ...{ points: points.length, extrapolation: loss.extrapolation },
  };
}

async function linkPoints(
  tables: readonly string[],
  {
    soft = "",
    accuracy,
    group,
    filters: texts,
  }: Pick<Flags, "soft" | "group"> & {
    readonly accuracy: string;
    readonly filters: readonly string[];
  },
  { directory }: Context,
): Promise<LinkPoint[]> {
  const filters = texts.map((text) => parseFilter(text, "--filter"));
  const points: LinkPoint[] = [];
  for await (const row of tableRows(tables, directory)) {
    if (!filters.every((filter) => passes(row, filter))) continue;
    points.push({
      soft: numberOf(row, soft, (value) => value > 0, "a number above 0"),
      accuracy: numberOf(row, accuracy, (value) => value >= 0 && value <= 1, "a share from 0 to 1"),
      group: group === undefined ? row.where : String(row.values[group] ?? ""),
    });
  }
  if (points.length >= fewestPoints) return points;
  throw new ScalingRefusal(
    "too-few-levels",
    `Capability: expected ${fewestPoints} or more models with a loss and an accuracy, got ${points.length}. Add checkpoints with --links, or loosen the filters.`,
  );
}

/** Fewest models that a link is fitted to. */
const fewestPoints = 6;

function numberOf(
  row: TableRow,
  name: string,
  isFit: (value: number) => boolean,
  expected: string,
): number {
  if (!(name in row.values)) throw missingColumn(row.where, name, row.values);
  const text = String(row.values[name] ?? "").trim();
  const value = text === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && isFit(value)) return value;
  throw new ConfigError(
    `${row.where}, column "${name}": expected ${expected}, got "${text}"; mend it, or leave the row out with a filter`,
  );
}

function choiceText(
  { soft, accuracy, level }: Flags,
  {
    loss,
    reading,
    forecast,
    points,
  }: {
    readonly loss: PlaceForecast;
    readonly reading: string;
    readonly forecast: TwoStepForecast;
    readonly points: readonly LinkPoint[];
  },
): string {
  const { link, interval, linkInterval } = forecast;
  const named = Object.entries(link.parameters).map(([name, one]) => `${name} ${one.toFixed(4)}`);
  const within = ({ low, high }: { readonly low: number; readonly high: number }, digits: number) =>
    `${100 * level} % ${low.toFixed(digits)} to ${high.toFixed(digits)}`;
  return [
    `${soft}: ${loss.loss.toFixed(4)} (${within(loss.interval(level), 4)}) by ${reading}, ${loss.extrapolation.toPrecision(3)} times the largest compute\n`,
    `${accuracy}: ${forecast.accuracy.toFixed(3)} (${within(interval, 3)}; were the loss known ${within(linkInterval, 3)})\n`,
    `${link.form} link of ${points.length} models: ${named.join(", ")}; they lie ${link.residual.toFixed(3)} about it\n`,
    link.isInverse ? "INVERSE SCALING: models of a lower loss choose right less often\n" : "",
  ].join("");
}
