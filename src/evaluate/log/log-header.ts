import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import { describeMachine } from "../../workspace/machine.ts";
import type { EvalSample } from "../eval-task.ts";
import { samplesHash } from "../run/run-eval.ts";
import { openAiRunId } from "./openai-log.ts";
import type { LogHeader } from "./sample-record.ts";

/** What the first line of a log tells besides what is known of every run. */
type LoggedRun = Omit<
  LogHeader,
  "type" | "time" | "run" | "dataHash" | "samples" | "codeVersion" | "machine"
> & { readonly samples: readonly EvalSample[] };

/** The first line of a run's log, with the time, the samples' hash, the code's version and the machine. */
export function logHeader({ samples, ...run }: LoggedRun): LogHeader {
  const now = new Date();
  return {
    ...{ type: "eval-start", time: now.toISOString(), run: openAiRunId(now) },
    ...run,
    ...{ dataHash: samplesHash(samples), samples: samples.length },
    codeVersion: formatCodeVersion(codeVersion()),
    machine: describeMachine(),
  };
}
