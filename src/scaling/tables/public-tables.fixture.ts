import { sharedPath } from "../../statistics/shared-data.fixture.ts";
import type { LawRow } from "../laws/law-form.ts";
import { readRows, type TableRow } from "../run-table/read-rows.ts";
import { passes, type RowFilter } from "../run-table/row-filter.ts";
import { type RunColumns, readRunPoints } from "../run-table/run-points.ts";
import { type TableRuns, tableRuns } from "./table-runs.ts";

/** A public table of training runs that tests and benches forecast. */
export interface PublicTable {
  readonly name: string;
  /** Who published it. */
  readonly source: string;
  /** Which runs it has; tables of other losses of the same runs say no more of them. */
  readonly sameRuns: string;
  readonly runs: TableRuns;
}

interface TableFile {
  readonly source: string;
  readonly file: string;
  readonly columns: RunColumns;
  /** Columns whose values part the file in tables of runs that belong together. */
  readonly parts?: readonly string[];
  /** Columns of other losses, each a table of its own. */
  readonly losses?: (column: string) => boolean;
  readonly filters?: readonly RowFilter[];
}

const files: readonly TableFile[] = [
  {
    source: "delphi",
    file: "marin-delphi/delphi_ladder.csv",
    columns: { n: "params", d: "tokens", c: "budget_flops", loss: "loss" },
    filters: [{ column: "kind", operator: "!=", value: "optimum" }],
  },
  {
    source: "delphi",
    file: "marin-delphi/delphi_ladder.csv",
    columns: { c: "budget_flops", loss: "loss" },
    filters: [{ column: "kind", operator: "!=", value: "isoflop" }],
  },
  {
    source: "gadre",
    file: "gadre-overtraining/runs.csv",
    columns: { n: "N", d: "D", c: "flops", loss: "loss_openlm" },
    parts: ["dataset_name"],
    losses: (column) => column === "loss_openlm" || column === "loss_c4_val",
  },
  {
    source: "olmo",
    file: "olmo-ladder/runs_final_ma5.csv",
    columns: { n: "N_nonembed", d: "D", c: "flops", loss: "ce_c4_en" },
    losses: (column) => column.startsWith("ce_") || column.endsWith("_bpb"),
  },
  {
    source: "porian",
    file: "porian-discrepancies/isoflop_points.csv",
    columns: { n: "n", d: "tokens", c: "flops", loss: "loss" },
    parts: ["file", "dataset", "label", "split", "hparams"],
  },
  {
    source: "gemstones",
    file: "gemstones/wandb_df_for_fitting_cool_end.jsonl",
    columns: { n: "params_active_precise", d: "tokens", loss: "final_loss" },
  },
];

/** The shared public tables one after the other; undefined when the folder is absent. */
export function publicTables(only = ""): AsyncGenerator<PublicTable> | undefined {
  if (sharedPath("scaling/golden.json") === undefined) return undefined;
  return (async function* () {
    for (const file of files) if (file.source.startsWith(only)) yield* tablesOf(file);
  })();
}

async function* tablesOf(file: TableFile): AsyncGenerator<PublicTable> {
  const { source, columns, parts = [], losses, filters = [] } = file;
  const all: TableRow[] = [];
  for await (const row of readRows(sharedPath(`scaling/${file.file}`)!)) {
    if (filters.every((filter) => passes(row, filter))) all.push(row);
  }
  const groups = new Map<string, TableRow[]>();
  for (const row of all) {
    const key = parts.map((part) => String(row.values[part])).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const names = losses === undefined ? [columns.loss] : Object.keys(all[0]!.values).filter(losses);
  for (const [key, rows] of groups) {
    for (const loss of names) {
      const sameRuns = [source, key].filter((part) => part !== "").join(" ");
      const runs = await runsOf(rows, { ...columns, loss });
      yield { name: `${sameRuns} ${loss}`, source, sameRuns, runs };
    }
  }
}

async function runsOf(rows: readonly TableRow[], columns: RunColumns): Promise<TableRuns> {
  const measured = (async function* () {
    for (const row of rows) if (Number(row.values[columns.loss]) > 0) yield row;
  })();
  const { points } = await readRunPoints(measured, { columns });
  return tableRuns(
    points.map(({ n = Number.NaN, d = Number.NaN, c = Number.NaN, loss }): LawRow => {
      return { n, d, c, loss };
    }),
  );
}
