import { setMaxListeners } from "node:events";
import { mkdir } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { type WatchEntry, watchExitCode } from "../../evaluate/watch/watch-entry.ts";
import { WatchHistory } from "../../evaluate/watch/watch-history.ts";
import { parseDuration } from "../../language-model/parse-duration.ts";
import { watchPage } from "../../report/watch-page.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { acquireRunLock } from "../../workspace/run-lock.ts";
import { defineCommand } from "../command.ts";
import { readSuite } from "../eval-suite.ts";
import { wallClock, watchSuite } from "../watch-suite.ts";
import { roundTable } from "../watch-text.ts";
import { modelPlaces } from "../with-model.ts";

const schema = z.strictObject({
  suite: z
    .string()
    .min(1)
    .meta({ placeholder: "SUITE" })
    .describe("YAML or JSON: a list of evaluations, each with the flags of eval run"),
  every: z
    .string()
    .default("1h")
    .meta({ placeholder: "1h" })
    .describe("from the begin of a round to that of the next: 90s, 15m, 1h30m, 1d"),
  times: z.int().min(1).optional().describe("rounds; until it is interrupted by default"),
  history: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "DIR" })
    .describe("folder of the results; in the workspace by default"),
  baseline: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "ROUND" })
    .describe("round that others must not be worse than; each evaluation's first by default"),
  show: z.boolean().default(false).describe("print the history so far, and ask nothing"),
});

/** `foretoken eval watch`: runs a suite on a schedule and keeps what came. */
export const command = defineCommand({
  schema,
  positionals: ["suite"],
  details:
    "suite.yaml:\n  - {name: sums, task: sums.csv, scorer: numeric, model: openai:NAME, base-url: 'http://127.0.0.1:8000/v1', gate: 'accuracy>=0.8'}\nThe model is asked anew each time, no cache is used. A round that was broken off is finished at the\nnext start, or marked when the next one is due. With --times the exit code is that of the worst verdict.",
  async run({ suite: path, every, times, history: given, baseline, show }, context) {
    setMaxListeners(0, context.signal); // every call that is under way listens to it
    const everyMs = durationOf(every);
    const { workspaceFolder } = modelPlaces(context);
    const standard = join(workspaceFolder, "watch", basename(path, extname(path)));
    const folder = given === undefined ? standard : resolve(context.directory, given);
    const { stdout } = context;
    if (show) {
      const history = await WatchHistory.read(folder);
      const rounds = [...new Set(history.entries.map(({ round }) => round))];
      for (const round of rounds) stdout.write(roundTable(history.of(round), history));
      if (rounds.length === 0) stdout.write(`no round has ended yet in ${folder}\n`);
      return { json: { history: folder, entries: history.entries } };
    }
    const suite = await readSuite(resolve(context.directory, path), context);
    await mkdir(folder, { recursive: true });
    const lock = acquireRunLock(folder);
    try {
      const history = await WatchHistory.read(folder);
      if (baseline !== undefined) history.baseline("", baseline);
      const ended: WatchEntry[] = [];
      const options = { suite, history, everyMs, times, baseline, clock: wallClock };
      for await (const { entries } of watchSuite(options, context)) {
        ended.push(...entries);
        stdout.write(roundTable(entries, history));
        const page = await watchPage(history.entries, new Date().toISOString());
        await writeFileAtomic(join(folder, "history.html"), page);
      }
      stdout.write(`history: ${folder}\n`);
      const json = { history: folder, entries: ended };
      return context.signal.aborted ? { json } : { json, exitCode: watchExitCode(ended) };
    } finally {
      lock.release();
    }
  },
});

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw new ConfigError(`--every: expected a duration such as 90s, 15m or 1h30m, got "${text}"`);
}
