import { type EvalTask, firstText } from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import { PythonRandom } from "../python-random.ts";
import {
  type ClassOptions,
  checkArguments,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
import { matchOutcome } from "./match.ts";
import { accuracyReport } from "./match-report.ts";

/**
 * `MatchWithSolvers`: the answer begins with the first right one, as it is or with a capital. The
 * task's description is said before each question.
 */
export function matchWithSolvers(options: ClassOptions): EvalTask {
  checkArguments(options, ["samples_jsonl", "task_description", "n_samples"]);
  const { task_description: description, n_samples: most } = options.args;
  return {
    name: options.spec.key,
    async samples() {
      const samples = await orderedSamples({ ...options, maxSamples: undefined });
      const shuffled = PythonRandom.fromText(options.spec.key).shuffled(samples);
      const count = Math.min(Number(most ?? samples.length), options.maxSamples ?? samples.length);
      return shuffled.slice(0, count);
    },
    async evaluate(sample, context) {
      const [ideal = ""] = idealsOf(sample);
      const said =
        description === undefined ? [] : [{ role: "system", content: String(description) }];
      const prompt = [...said, ...chatPrompt(promptOf(sample))];
      const text = firstText(await context.ask({ policy: 0 }, prompt, {})).trim();
      const capital = ideal.charAt(0).toUpperCase() + ideal.slice(1).toLowerCase();
      const picked = [ideal, capital].find((one) => text.startsWith(one));
      return matchOutcome(text, [ideal, capital], picked);
    },
    report: (outcomes) => accuracyReport(outcomes, "bootstrap_std"),
  };
}
