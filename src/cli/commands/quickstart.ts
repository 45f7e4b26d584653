import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  type QuickstartEvent,
  QuickstartInterrupted,
  quickstart,
  type Stage,
} from "../../quickstart/quickstart.ts";
import { reportData } from "../../quickstart/report-data.ts";
import { writeQuickstartReport } from "../../report/quickstart-report.ts";
import { totalLoss } from "../../scaling/ledger/sealed-forecast.ts";
import { writeJsonAtomic } from "../../workspace/atomic-file.ts";
import { captionProgress, captionTable } from "../caption-table.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import type { Context } from "../context.ts";
import { dataProgress } from "../data-progress.ts";
import { datasetTable } from "../dataset-table.ts";
import { deviceFlags } from "../device-flags.ts";
import { evalProgress } from "../eval-progress.ts";
import { forecastText, scoreText, sealedText } from "../forecast-text.ts";
import { ladderProgress, ladderTable } from "../ladder-progress.ts";
import { tasksTable } from "../tasks-table.ts";
import { withRuntime, withWorkspace } from "../with-workspace.ts";

const stageTitles: { readonly [stage in Stage]: string } = {
  data: "1. The data",
  ladder: "2. A ladder of small runs",
  forecast: "3. The forecast, sealed before the target's first step",
  target: "4. The target",
  score: "5. The forecast scored",
  model: "6. The model at work",
};

/** `foretoken quickstart`: the whole way, from data to a scored forecast and a report. */
export const command = defineCommand({
  schema: z.strictObject({
    profile: z
      .enum(["smoke", "laptop", "full"])
      .default("laptop")
      .describe("smoke: two minutes, no network; laptop: 15 minutes; full: one to two hours"),
    seed: z.int().min(0).default(1).describe("of every run; another seed is another experiment"),
    ...deviceFlags,
  }),
  details: "What is done is not done again: after Ctrl-C, the same command goes on.",
  run({ profile, seed, device, threads }, context) {
    return withWorkspace(context, (workspace) =>
      withRuntime({ device, threads }, async (runtime) => {
        const display = quickstartDisplay(context);
        const training = { workspace, runtime, signal: context.signal };
        const events = quickstart(training, { profile, seed });
        const result = await consume(events, display.show).finally(display.end);
        const folder = join(workspace.reports, `quickstart-${profile}-s${seed}`);
        await mkdir(folder, { recursive: true });
        const data = await reportData(workspace, result);
        const report = await writeQuickstartReport(folder, data);
        const { ladder, target, forecasts, completions, tasks, model } = result;
        const captions = result.captions.map(({ examples: _, ...measured }) => measured);
        const [forecast] = forecasts;
        const shown = { forecast, forecasts, completions, tasks, captions, model, report };
        const json = { profile, seed, ladder, target, ...shown };
        const kept = join(folder, "result.json");
        await writeJsonAtomic(kept, json);
        const places = [
          ...data.places,
          { what: "report", path: report },
          { what: "the same for programs", path: kept },
        ];
        context.stdout.write("\nWhere everything lies\n");
        for (const { what, path } of places) context.stdout.write(`  ${what}: ${path}\n`);
        context.stdout.write(`\nTalk to the model: npx foretoken chat ${result.target.id}\n`);
        return { json };
      }),
    ).catch(interruptedQuietly(context));
  },
});

/** An interruption is no fault: it ends with 130, and says how to go on. */
function interruptedQuietly(context: Context) {
  return (error: unknown): { json: object } => {
    if (!(error instanceof QuickstartInterrupted)) throw error;
    context.stderr.write(`${error.message}\n`);
    return { json: { interrupted: true } };
  };
}

function quickstartDisplay(context: Context): { show(event: QuickstartEvent): void; end(): void } {
  const data = dataProgress(context);
  const ladder = ladderProgress(context);
  const captions = captionProgress(context);
  let questions: ReturnType<typeof evalProgress> | undefined;
  const { stdout } = context;
  return {
    show(event) {
      switch (event.type) {
        case "stage-start":
          return void stdout.write(`\n${stageTitles[event.stage]}\n`);
        case "dataset-opened":
          return void stdout.write(datasetTable(event.dataset.manifest));
        case "ladder-end":
          return void stdout.write(ladderTable(event.rows));
        case "forecast-end":
          return void stdout.write(
            forecastText(event.studies.get(totalLoss)!) + event.sealed.map(sealedText).join(""),
          );
        case "score-end":
          return void stdout.write(
            event.forecasts.map((one) => scoreText(one, one.score)).join(""),
          );
        case "completion-end":
          return void stdout.write(
            `  ${JSON.stringify(event.prompt)} → ${JSON.stringify(event.text)}\n`,
          );
        case "tasks-start":
          questions = evalProgress(context, event);
          return;
        case "sample-end":
          return questions?.show(event);
        case "tasks-end":
          questions?.end();
          return void stdout.write(tasksTable(event.scores));
        case "captions-delta":
          return captions.show(event);
        case "captions-end":
          captions.end();
          return void stdout.write(captionTable(event.sets));
        case "rung-start":
        case "rung-delta":
        case "rung-end":
          return ladder.show(event);
        default:
          return data.show(event);
      }
    },
    end() {
      data.end();
      ladder.end();
      captions.end();
      questions?.end();
    },
  };
}
