import { DataError } from "../../../errors.ts";
import { type EvalTask, firstText } from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import { isAlikeJson, notJson, parseExactJson } from "../json-match.ts";
import {
  atZero,
  type ClassOptions,
  checkArguments,
  expectedOf,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
import { accuracyReport, meanMetrics } from "./match-report.ts";

const defaultTokens = 512;

/** `JsonMatch`: the answer is JSON that is alike a right one. */
export function jsonMatch(options: ClassOptions): EvalTask {
  checkArguments(options, ["samples_jsonl"]);
  const maxTokens = Number(options.args["max_tokens"] ?? defaultTokens);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    async evaluate(sample, context) {
      const prompt = chatPrompt(promptOf(sample));
      const ideals = idealsOf(sample);
      const wanted = ideals.map((ideal) => {
        const value = parseExactJson(ideal);
        if (value !== notJson) return value;
        throw new DataError(`${sample.id}: "ideal" is no JSON: ${ideal.slice(0, 80)}`);
      });
      const answer = await context.ask({ policy: 0 }, prompt, {
        temperature: 0,
        max_tokens: maxTokens,
      });
      const text = firstText(answer);
      const value = parseExactJson(text);
      const picked =
        value === notJson ? [] : wanted.filter((one) => isAlikeJson(value, one)).map(() => text);
      const accuracy = picked.length > 0 ? 1 : 0;
      const data = { correct: accuracy === 1, expected: expectedOf(ideals), picked };
      return {
        scores: { accuracy: { value: accuracy, answer: text } },
        events: [
          { type: "match", data },
          { type: "metrics", data: { accuracy } },
        ],
      };
    },
    report: (outcomes) => meanMetrics(outcomes, ["accuracy"]),
  };
}

/** `JsonValidator`: the answer is JSON. */
export function jsonValidator(options: ClassOptions): EvalTask {
  checkArguments(options, ["samples_jsonl"]);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    async evaluate(sample, context) {
      const prompt = chatPrompt(promptOf(sample));
      const text = firstText(await context.ask({ policy: 0 }, prompt, atZero));
      const isRight = parseExactJson(text) !== notJson;
      return {
        scores: { accuracy: { value: isRight ? 1 : 0, answer: text } },
        events: [{ type: "match", data: { correct: isRight, expected: null, picked: text } }],
      };
    },
    report: (outcomes) => accuracyReport(outcomes),
  };
}
