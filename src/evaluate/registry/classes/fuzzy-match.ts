import type { EvalTask } from "../../eval-task.ts";
import { normalizeAnswer, squadScore } from "../../text-scores/squad.ts";
import { answerTask } from "./answer-task.ts";
import { type ClassOptions, expectedOf } from "./class-options.ts";
import { meanMetrics } from "./match-report.ts";

const defaultTokens = 100;

/** Whether one normalised text lies in the other; an empty one equals only another. */
export function fuzzyMatches(a: string, b: string): boolean {
  const [left, right] = [normalizeAnswer(a), normalizeAnswer(b)];
  if (left === "" || right === "") return left === right;
  return left.includes(right) || right.includes(left);
}

/** `FuzzyMatch`: the normalised answer lies in a right one, or a right one in it. */
export function fuzzyMatch(options: ClassOptions): EvalTask {
  const maxTokens = Number(options.args["max_tokens"] ?? defaultTokens);
  return answerTask(options, {
    known: [],
    callArguments: { temperature: 0, max_tokens: maxTokens },
    ideals: (texts) => texts,
    outcome(text, ideals) {
      const picked = ideals.filter((ideal) => fuzzyMatches(text, ideal)).map(() => text);
      const accuracy = picked.length > 0 ? 1 : 0;
      const { f1 } = squadScore(text, ideals, 1);
      const data = { correct: accuracy === 1, expected: expectedOf(ideals), picked };
      return {
        scores: { accuracy: { value: accuracy, answer: text }, f1_score: { value: f1 } },
        events: [
          { type: "match", data },
          { type: "metrics", data: { accuracy, f1_score: f1 } },
        ],
      };
    },
    report: (outcomes) => meanMetrics(outcomes, ["accuracy", "f1_score"]),
  });
}
