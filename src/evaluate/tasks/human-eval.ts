import { ConfigError } from "../../errors.ts";
import type { Message } from "../../language-model/language-model.ts";
import { completionOf } from "../code/completion.ts";
import { type HumanEvalProblem, loadHumanEval, scoreHumanEval } from "../code/human-eval.ts";
import { type EvalTask, firstText, type Score } from "../eval-task.ts";
import { meanScores } from "../summary/mean-scores.ts";
import type { BuiltInOptions, BuiltInTask } from "./built-in-task.ts";

/** Python takes here some threefold of the reference's 3 seconds. */
const timeoutMs = 10_000;

/**
 * HumanEval in chat form: the model is asked to complete a function, and its program is run.
 *
 * @see Chen et al. 2021, arXiv 2107.03374
 */
export const humanEval: BuiltInTask = {
  summary: "Python functions from their docstrings, run against tests (--data HumanEval.jsonl.gz)",
  needs: "file",
  async open(options) {
    const { data, system, temperature = 0, maxTokens = 512, maxSamples } = options;
    refuseExamples(options);
    if (data === undefined) {
      throw new ConfigError(
        "human-eval: expected --data HumanEval.jsonl.gz; the file is in github.com/openai/human-eval",
      );
    }
    const problems = loadHumanEval(data).slice(0, maxSamples);
    const callArguments = { temperature, max_tokens: maxTokens };
    return {
      name: "human-eval",
      settings: { ...callArguments, ...(system !== undefined && { system }), timeoutMs },
      scoreKinds: { accuracy: "binary" },
      samples: async () => problems.map((problem) => ({ id: problem.task_id, data: problem })),
      async evaluate(sample, { ask }) {
        const problem = sample.data as HumanEvalProblem;
        const answer = await ask({ policy: 0 }, messagesOf(problem, system), callArguments);
        const text = firstText(answer);
        const score = await judged(problem, text);
        const data = { correct: score.value === 1, picked: score.answer, sampled: text };
        return { scores: { accuracy: score }, events: [{ type: "match", data }] };
      },
      report: (outcomes) => meanScores(outcomes, ["accuracy"]),
    } satisfies EvalTask;
  },
};

function refuseExamples({ fewShot }: BuiltInOptions): void {
  if (fewShot === undefined || fewShot === 0) return;
  throw new ConfigError("human-eval: --few-shot means nothing here, there are no examples");
}

function messagesOf({ prompt }: HumanEvalProblem, system: string | undefined): Message[] {
  const content = `Complete this Python function. Answer with the whole function, imports included, in one fenced code block.\n\n\`\`\`python\n${prompt.trim()}\n\`\`\``;
  return [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    { role: "user", content },
  ];
}

async function judged(problem: HumanEvalProblem, text: string): Promise<Score> {
  const completion = completionOf(problem, text);
  const { passed, error } = await scoreHumanEval(problem, completion, timeoutMs);
  const answer = completion.replace(/^\n+/, "").trimEnd();
  return { value: passed ? 1 : 0, answer, ...(error !== undefined && { explanation: error }) };
}
