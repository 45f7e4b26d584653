import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import type { LawForm, LawRow } from "../scaling/laws/law-form.ts";
import { powerForm } from "../scaling/laws/power.ts";
import { repetitionForm, tellsRepetition } from "../scaling/laws/repetition.ts";
import { readRows } from "../scaling/run-table/read-rows.ts";
import { parseFilter } from "../scaling/run-table/row-filter.ts";
import { type RunPoint, readRunPoints } from "../scaling/run-table/run-points.ts";
import { candidateLaws } from "../scaling/tables/candidate-law.ts";
import { type TableRuns, tableRuns } from "../scaling/tables/table-runs.ts";
import type { Context } from "./context.ts";

const column = (what: string) =>
  z.string().min(1).optional().meta({ placeholder: "COLUMN" }).describe(`with --data: ${what}`);

/** Flags that take runs from a table, whoever trained them. */
export const runTableFlags = {
  data: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "TABLE" })
    .describe("CSV, JSON Lines or Parquet file of runs, or a folder of them; may be repeated"),
  n: column("the parameters; columns joined by + are added up, such as blocks+head"),
  d: column("the tokens that were seen"),
  c: column("the training compute in FLOP; of the three, two give the third by C = 6 N D"),
  loss: column("the final loss"),
  dUnique: column("of the tokens those that differ, where data is repeated"),
  lossError: column("the standard error of the loss"),
  cluster: column("rows that hang together, such as checkpoints of a run; refits draw them as one"),
  lossOther: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "COLUMN" })
    .describe("with --sensitivity: the same loss smoothed or measured otherwise; may be repeated"),
  status: column("whether a run came to its end; others are counted and left out"),
  filter: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'COLUMN OP VALUE'" })
    .describe("rows that count, by = != < <= > >=; may be repeated"),
  optimal: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'COLUMN OP VALUE'" })
    .describe("rows that are the lowest loss of their compute; may be repeated"),
  dropHighest: z.int().min(0).default(0).describe("leave out so many rows of the highest loss"),
} as const;

/** The flag that seals beside an earlier forecast. */
export const amendFlag = z
  .string()
  .min(1)
  .optional()
  .meta({ placeholder: "WHY" })
  .describe("with --seal: seal beside an earlier forecast of the same run; both are scored");

/** Names that `--law` takes where a law is chosen. */
export const lawNames = [...new Set(candidateLaws.map(({ form }) => form.name))];

/** Flags of forecasts from a table. */
export const tableForecastFlags = {
  law: z
    .enum(["auto", ...lawNames])
    .default("auto")
    .describe("with --data: a law, or the best of those that the backtest admits"),
  level: z.number().gt(0).lt(1).default(0.9).describe("with --data: of the intervals"),
  draws: z.int().min(1).default(200).describe("with --data: refits to rows drawn with replacement"),
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof runTableFlags>>> & {
  /** Rows of a changed recipe, which the law does not read. */
  readonly changed?: readonly string[];
};

/**
 * Whether a command is about a ladder of the workspace or a table.
 *
 * @throws {ConfigError} when about both or none
 */
export function whichRuns(
  command: string,
  { dataset, data }: { readonly dataset?: string | undefined; readonly data: readonly string[] },
): "ladder" | "table" {
  if ((dataset === undefined) === (data.length === 0)) {
    throw new ConfigError(`${command}: give either a data set of the workspace or --data TABLE`);
  }
  return dataset === undefined ? "table" : "ladder";
}

/** The rows of all tables of `--data`, one after the other. */
export async function* tableRows(data: readonly string[], directory: string) {
  for (const path of data) yield* readRows(resolve(directory, path));
}

/**
 * The runs that the flags choose.
 *
 * @throws {ConfigError} for missing flags and for what is wrong in the tables
 */
export async function readRunTable(flags: Flags, context: Context): Promise<readonly RunPoint[]> {
  const { data, loss, n, d, c, filter, changed = [], optimal, dropHighest } = flags;
  if (loss === undefined) {
    throw new ConfigError(
      "--data: expected the columns too: --loss, and of --n, --d, --c what the law reads",
    );
  }
  const filters = filter.map((text) => parseFilter(text, "--filter"));
  const marks = optimal.map((text) => parseFilter(text, "--optimal"));
  const { dUnique: unique, lossError, lossOther: otherLosses, status, cluster } = flags;
  const { points, unfinished } = await readRunPoints(tableRows(data, context.directory), {
    columns: { loss, n, d, c, unique, lossError, otherLosses, status, cluster },
    filters,
    except: changed.map((text) => parseFilter(text, "--changed")),
    marks,
    dropHighest,
  });
  for (const [status, count] of unfinished) {
    context.stderr.write(`left out: ${count} runs of status "${status}"\n`);
  }
  return points;
}

/** A table as forecasts read it. */
export interface ForecastTable {
  readonly rows: readonly LawRow[];
  /** The rows that `--optimal` chooses, when it is given. */
  readonly marked: readonly LawRow[] | undefined;
  /** The rows with each other loss that `--loss-other` names. */
  readonly otherLosses: readonly { readonly column: string; readonly rows: readonly LawRow[] }[];
  readonly runs: TableRuns;
}

/**
 * The chosen runs as forecasts read them.
 *
 * @throws {ConfigError} as `readRunTable`, and when no compute is given
 */
export async function readForecastTable(flags: Flags, context: Context): Promise<ForecastTable> {
  const points = await readRunTable(flags, context);
  const rows = lawRows(points, powerForm);
  const marked =
    flags.optimal.length === 0 ? undefined : rows.filter((_, i) => points[i]!.isMarked);
  if (marked?.length === 0) {
    throw new ConfigError("--optimal: no row is as it says; look at its column and value");
  }
  const otherLosses = flags.lossOther.map((column, other) => ({
    column,
    rows: rows.map((row, i) => ({ ...row, loss: points[i]!.otherLosses[other]! })),
  }));
  return { rows, marked, otherLosses, runs: tableRuns(rows, marked) };
}

/** Rows for a law. @throws {ConfigError} when it reads what the columns do not give */
export function lawRows(points: readonly RunPoint[], form: LawForm): LawRow[] {
  const rows = points.map((point) => {
    const {
      n = Number.NaN,
      d = Number.NaN,
      c = Number.NaN,
      unique,
      loss,
      lossError,
      cluster,
    } = point;
    return {
      ...{ n, d, c, loss },
      ...(unique !== undefined && { unique }),
      ...(lossError !== undefined && { lossError }),
      ...(cluster !== undefined && { cluster }),
    };
  });
  if (form === repetitionForm && !tellsRepetition(rows)) {
    throw new ConfigError(
      "--law repetition: expected --d-unique COLUMN, and rows whose tokens were seen more than once",
    );
  }
  const missing = form.reads.filter((name) => rows.some((row) => Number.isNaN(row[name])));
  if (missing.length === 0) return rows;
  const names = missing.map((name) => name.toUpperCase()).join(" and ");
  throw new ConfigError(
    `--law ${form.name}: expected columns that give ${names}; name them with --n, --d or --c (two of them give the third)`,
  );
}
