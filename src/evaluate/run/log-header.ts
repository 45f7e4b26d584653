import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { EvalSample } from "../eval-task.ts";
import { openAiRunId } from "./openai-log.ts";
import { samplesHash } from "./run-eval.ts";
import type { LogHeader } from "./sample-record.ts";

/** What a run is told apart by. */
export interface LoggedRun
  extends Pick<LogHeader, "task" | "arguments" | "models" | "grader" | "seed" | "maxSamples"> {
  readonly source?: LogHeader["source"] | undefined;
  readonly samples: readonly EvalSample[];
}

/** The first line of a run's log, with the time, the samples' hash and the version of the code. */
export function logHeader({ samples, source, ...run }: LoggedRun, now = new Date()): LogHeader {
  return {
    ...{ type: "eval-start", time: now.toISOString(), run: openAiRunId(now) },
    ...run,
    ...(source !== undefined && { source }),
    ...{ dataHash: samplesHash(samples), samples: samples.length },
    codeVersion: formatCodeVersion(codeVersion()),
  };
}
