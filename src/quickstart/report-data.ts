import { join } from "node:path";
import { bandComputes, type LossLawFigureData } from "../report/loss-law-figure.ts";
import type { QuickstartReportData, ReportRun, ReportSource } from "../report/quickstart-report.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import { describeMachine } from "../workspace/machine.ts";
import type { RunRow } from "../workspace/run-row.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { QuickstartResult } from "./quickstart.ts";

/** What the report shows of a quickstart. */
export function reportData(workspace: Workspace, result: QuickstartResult): QuickstartReportData {
  const { profile, seed, dataset, ladder, forecasts, target, completions, tasks, model } = result;
  const { cpu, cores, platform, node } = describeMachine();
  return {
    title: `Foretoken quickstart (${profile})`,
    createdAt: new Date().toISOString(),
    command: `npm run quickstart -- --profile ${profile} --seed ${seed}`,
    codeVersion: formatCodeVersion(codeVersion()),
    machine: `${cpu}, ${cores} cores, ${platform}, Node ${node}`,
    data: {
      name: dataset.manifest.name,
      hash: dataset.manifest.hash,
      sources: dataset.manifest.sources.map(reportSource),
    },
    ladder: ladder.map(reportRun),
    figure: figureData(result),
    forecasts,
    completions,
    tasks: tasks
      .filter(({ difficulty }) => difficulty === "all")
      .map(({ task, correct, n }) => ({ name: task, correct, total: n })),
    places: [
      { what: "data set", path: dataset.folder },
      { what: "trained model (a Hugging Face folder)", path: model },
      {
        what: "target's run: settings, events, checkpoints",
        path: join(workspace.runs, target.id),
      },
      { what: "ledger and run table (SQLite)", path: join(workspace.folder, "foretoken.db") },
    ],
  };
}

function figureData({ ladder, study, forecasts, target }: QuickstartResult): LossLawFigureData {
  const smallest = Math.min(...ladder.map(({ flops }) => flops));
  const point = ({ id, flops, lossNats, seed }: RunRow) => ({
    id,
    flops,
    lossNats: lossNats!,
    seed,
  });
  const { lossNats, intervals } = forecasts[0]!.sealed;
  return {
    lossName: "total",
    ladder: ladder.map(point),
    band: study.band(bandComputes(smallest, target.flops)),
    forecast: {
      targetFlops: target.flops,
      lossNats,
      intervals: intervals as LossLawFigureData["forecast"]["intervals"],
    },
    actual: [point(target)],
  };
}

function reportSource(
  source: QuickstartResult["dataset"]["manifest"]["sources"][number],
): ReportSource {
  const { name, loss, licence, origin, documents, bytes, tokens } = source;
  return {
    name,
    loss,
    licence,
    origin,
    documents: documents.train + documents.validation + documents.heldout,
    bytes: bytes.train + bytes.validation + bytes.heldout,
    trainTokens: tokens.train,
    heldoutTokens: tokens.heldout,
  };
}

function reportRun(row: RunRow): ReportRun {
  return {
    id: row.id,
    depth: row.depth ?? 0,
    parameters: row.parametersTotal,
    tokens: row.tokensSeen,
    flops: row.flops,
    lossNats: row.lossNats!,
    standardError: row.lossStandardError ?? undefined,
    seed: row.seed,
    seconds: row.seconds,
  };
}
