import type { LadderEvent } from "../scaling/ladder.ts";
import type { RunRow } from "../workspace/run-row.ts";
import type { Context } from "./context.ts";
import { formatCount, formatDuration, formatFlops } from "./number-format.ts";
import { textTable } from "./text-table.ts";
import { trainingProgress } from "./training-progress.ts";

/** Shows a ladder's runs one after the other. */
export function ladderProgress(context: Context): { show(event: LadderEvent): void; end(): void } {
  const training = trainingProgress(context);
  return {
    show(event) {
      if (event.type === "rung-start") {
        context.stderr.write(`${event.name} (${event.index + 1} of ${event.count})\n`);
      } else if (event.type === "rung-end") {
        const { lossNats, seconds } = event.row;
        const how = event.reused ? "was done already" : `in ${formatDuration(seconds)}`;
        context.stderr.write(`  loss ${lossNats?.toFixed(4)} nats per token, ${how}\n`);
      } else {
        training.show(event);
      }
    },
    end: training.end,
  };
}

/** The runs of a ladder, a line each. */
export function ladderTable(rows: readonly RunRow[]): string {
  const right = "right" as const;
  const columns = [
    { title: "run" },
    { title: "depth", align: right },
    { title: "seed", align: right },
    { title: "parameters", align: right },
    { title: "tokens", align: right },
    { title: "FLOPs", align: right },
    { title: "loss (nats)", align: right },
    { title: "time", align: right },
  ];
  const cells = rows.map((row) => [
    row.id,
    String(row.depth ?? ""),
    String(row.seed),
    formatCount(row.parametersTotal),
    formatCount(row.tokensSeen),
    formatFlops(row.flops),
    `${row.lossNats?.toFixed(4)} ± ${row.lossStandardError?.toFixed(4)}`,
    formatDuration(row.seconds),
  ]);
  return textTable(columns, cells);
}
