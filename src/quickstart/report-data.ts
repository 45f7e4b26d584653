import { join } from "node:path";
import { captionedSetData, poemData } from "../report/image-section.ts";
import { bandComputes, type LossLawFigureData } from "../report/loss-law-figure.ts";
import type { QuickstartReportData, ReportRun, ReportSource } from "../report/quickstart-report.ts";
import { lossOf } from "../scaling/ledger/sealed-forecast.ts";
import { ladderPoints } from "../scaling/ledger/sealing.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import { describeMachine } from "../workspace/machine.ts";
import type { RunRow } from "../workspace/run-row.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { QuickstartResult } from "./quickstart.ts";

/** What the report shows of a quickstart. */
export async function reportData(
  workspace: Workspace,
  result: QuickstartResult,
): Promise<QuickstartReportData> {
  const { profile, seed, dataset, ladder, forecasts, target, completions, tasks, model, tasksLog } =
    result;
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
    figures: figuresOf(result),
    forecasts,
    completions,
    tasks: tasks
      .filter(({ difficulty }) => difficulty === "all")
      .map(({ task, correct, n }) => ({ name: task, correct, total: n })),
    captions: await Promise.all(
      result.captions.map((set) => captionedSetData(set, dataset.manifest)),
    ),
    poems: await Promise.all(result.poems.map(poemData)),
    places: [
      { what: "data set", path: dataset.folder },
      { what: "trained model (a Hugging Face folder)", path: model },
      {
        what: "target's run: settings, events, checkpoints",
        path: join(workspace.runs, target.id),
      },
      ...(tasksLog === undefined
        ? []
        : [{ what: "answers to the test questions (`foretoken eval show`)", path: tasksLog }]),
      { what: "ledger and run table (SQLite)", path: join(workspace.folder, "foretoken.db") },
    ],
  };
}

/** A figure for each loss that has a law, that of the total first. */
function figuresOf({ ladder, studies, forecasts, target }: QuickstartResult): LossLawFigureData[] {
  const smallest = Math.min(...ladder.map(({ flops }) => flops));
  return [...studies].map(([lossName, study]) => {
    const point = (row: RunRow) => {
      const [run] = ladderPoints([row], lossName);
      return { ...run!, seed: row.seed };
    };
    const forecast = forecasts.find(({ sealed }) => lossOf(sealed.target) === lossName)!;
    const { lossNats, intervals } = forecast.sealed;
    return {
      lossName,
      ladder: ladder.map(point),
      band: study.band(bandComputes(smallest, target.flops)),
      forecast: {
        targetFlops: target.flops,
        lossNats,
        intervals: intervals as LossLawFigureData["forecast"]["intervals"],
      },
      actual: [point(target)],
    };
  });
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
