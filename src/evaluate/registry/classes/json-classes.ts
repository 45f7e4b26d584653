import { DataError } from "../../../errors.ts";
import { type EvalTask, firstText } from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import { isAlikeJson, notJson, parseExactJson } from "../json-match.ts";
import { answerTask } from "./answer-task.ts";
import {
  atZero,
  type ClassOptions,
  checkArguments,
  expectedOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
import { accuracyReport, meanMetrics } from "./match-report.ts";

const defaultTokens = 512;

/** `JsonMatch`: the answer is JSON that is alike a right one. */
export function jsonMatch(options: ClassOptions): EvalTask {
  const maxTokens = Number(options.args["max_tokens"] ?? defaultTokens);
  return answerTask(options, {
    known: [],
    callArguments: { temperature: 0, max_tokens: maxTokens },
    ideals: (texts, id) =>
      texts.map((text) => {
        const value = parseExactJson(text);
        if (value !== notJson) return { text, value };
        throw new DataError(`${id}: "ideal" is no JSON: ${text.slice(0, 80)}; mend the sample`);
      }),
    outcome(text, ideals) {
      const value = parseExactJson(text);
      const alike = value === notJson ? [] : ideals.filter((one) => isAlikeJson(value, one.value));
      const accuracy = alike.length > 0 ? 1 : 0;
      const expected = expectedOf(ideals.map((one) => one.text));
      const data = { correct: accuracy === 1, expected, picked: alike.map(() => text) };
      return {
        scores: { accuracy: { value: accuracy, answer: text } },
        events: [
          { type: "match", data },
          { type: "metrics", data: { accuracy } },
        ],
      };
    },
    report: (outcomes) => meanMetrics(outcomes, ["accuracy"]),
  });
}

/** `JsonValidator`: the answer is JSON; samples need no right answer. */
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
