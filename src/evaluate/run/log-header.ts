import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { EvalSample } from "../eval-task.ts";
import { openAiRunId } from "./openai-log.ts";
import { samplesHash } from "./run-eval.ts";
import type { LogHeader } from "./sample-record.ts";

/** What the first line of a log tells besides what is known of every run. */
type LoggedRun = Omit<
  LogHeader,
  "type" | "time" | "run" | "dataHash" | "samples" | "codeVersion"
> & { readonly samples: readonly EvalSample[] };

/** The first line of a run's log, with the time, the samples' hash and the version of the code. */
export function logHeader({ samples, ...run }: LoggedRun, now = new Date()): LogHeader {
  return {
    ...{ type: "eval-start", time: now.toISOString(), run: openAiRunId(now) },
    ...run,
    ...{ dataHash: samplesHash(samples), samples: samples.length },
    codeVersion: formatCodeVersion(codeVersion()),
  };
}
