import { z } from "zod";
import { markAbandonedRuns, type ReindexResult, reindexRuns } from "../../workspace/run-record.ts";
import { type RunRow, runRowSchema } from "../../workspace/run-row.ts";
import { listRuns } from "../../workspace/run-table.ts";
import { openWorkspace, workspaceExists, workspaceFolder } from "../../workspace/workspace.ts";
import { defineCommand } from "../command.ts";
import { formatCount, formatDuration, formatFlops } from "../number-format.ts";
import { textTable } from "../text-table.ts";

/** `foretoken runs`: the run table. */
export const command = defineCommand({
  schema: z.strictObject({
    kind: runRowSchema.shape.kind.optional().describe("only runs of this kind"),
    status: runRowSchema.shape.status.optional().describe("only runs in this state"),
    reindex: z
      .boolean()
      .default(false)
      .describe("first rebuild the run table from the event logs of the run folders"),
  }),
  async run({ kind, status, reindex }, { stdout, stderr, environment, directory }) {
    const folder = workspaceFolder(environment, directory);
    if (!workspaceExists(folder) && !reindex) {
      stdout.write(emptyText(folder));
      return { json: { workspace: folder, runs: [] } };
    }
    const workspace = await openWorkspace(folder);
    try {
      const reindexed = reindex ? await reindexRuns(workspace) : undefined;
      if (reindexed !== undefined) stderr.write(reindexText(reindexed));
      await markAbandonedRuns(workspace);
      const runs = await listRuns(workspace.database, {
        ...(kind === undefined ? {} : { kind }),
        ...(status === undefined ? {} : { status }),
      });
      stdout.write(runs.length === 0 ? emptyText(folder) : runsTable(runs));
      return { json: { workspace: folder, runs, ...(reindexed && { reindexed }) } };
    } finally {
      await workspace.close();
    }
  },
});

function emptyText(folder: string): string {
  return `No runs in ${folder}.\n`;
}

function reindexText({ indexed, skipped }: ReindexResult): string {
  const lines = skipped.map(({ id, reason }) => `  left out ${id}: ${reason}\n`);
  return `Indexed ${indexed.length} runs, left out ${skipped.length}.\n${lines.join("")}`;
}

function runsTable(runs: readonly RunRow[]): string {
  const right = "right" as const;
  const columns = [
    { title: "id" },
    { title: "name" },
    { title: "kind" },
    { title: "status" },
    { title: "params", align: right },
    { title: "tokens", align: right },
    { title: "steps", align: right },
    { title: "FLOPs", align: right },
    { title: "loss (nats)", align: right },
    { title: "bits/byte", align: right },
    { title: "time", align: right },
  ];
  return textTable(columns, runs.map(runCells));
}

function runCells(run: RunRow): readonly string[] {
  return [
    run.id,
    run.name === run.id ? "" : run.name,
    run.kind,
    run.status,
    formatCount(run.parametersTotal),
    formatCount(run.tokensSeen),
    String(run.steps),
    formatFlops(run.flops),
    formatLoss(run),
    run.bitsPerByte?.toFixed(3) ?? "",
    formatDuration(run.seconds),
  ];
}

function formatLoss({ lossNats, lossStandardError }: RunRow): string {
  if (lossNats === null) return "";
  const error = lossStandardError === null ? "" : ` ± ${lossStandardError.toFixed(3)}`;
  return `${lossNats.toFixed(3)}${error}`;
}
