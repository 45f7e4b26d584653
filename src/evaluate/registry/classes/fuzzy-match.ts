import { type EvalTask, firstText } from "../../eval-task.ts";
import { normalizeAnswer, squadScore } from "../../text-scores/squad.ts";
import { chatPrompt } from "../chat-text.ts";
import {
  type ClassOptions,
  checkArguments,
  expectedOf,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
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
  checkArguments(options, ["samples_jsonl"]);
  const maxTokens = Number(options.args["max_tokens"] ?? defaultTokens);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    async evaluate(sample, context) {
      const prompt = chatPrompt(promptOf(sample));
      const ideals = idealsOf(sample);
      const answer = await context.ask({ policy: 0 }, prompt, {
        temperature: 0,
        max_tokens: maxTokens,
      });
      const text = firstText(answer);
      const picked = ideals.filter((ideal) => fuzzyMatches(text, ideal)).map(() => text);
      const accuracy = picked.length > 0 ? 1 : 0;
      const f1 = squadScore(text, ideals, 1).f1;
      return {
        scores: { accuracy: { value: accuracy, answer: text }, f1_score: { value: f1 } },
        events: [
          {
            type: "match",
            data: { correct: accuracy === 1, expected: expectedOf(ideals), picked },
          },
          { type: "metrics", data: { accuracy, f1_score: f1 } },
        ],
      };
    },
    report: (outcomes) => meanMetrics(outcomes, ["accuracy", "f1_score"]),
  };
}
