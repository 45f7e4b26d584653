import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ConfigError, DataError } from "../../errors.ts";
import type { Message } from "../../language-model/language-model.ts";
import { parseJson } from "../../workspace/parse-json.ts";
import { type EvalTask, firstText, type SampleOutcome } from "../eval-task.ts";
import { defaultScorerOptions } from "../scorers/scorer.ts";
import { numeric } from "../scorers/text-matches.ts";
import { meanScores } from "../summary/mean-scores.ts";
import type { BuiltInTask } from "./built-in-task.ts";

const problemSchema = z.object({ question: z.string(), answer: z.string() });
type Problem = z.infer<typeof problemSchema>;

/** As many examples as Wei et al. 2022 show. */
const defaultExamples = 8;

/** Said where no example shows the form. */
const form = `Think step by step, and end with a line of "#### " and the number alone.`;

/**
 * GSM8K: word problems whose answer is a number, after worked examples from its training part.
 *
 * @see Cobbe et al. 2021, arXiv 2110.14168; Wei et al. 2022, arXiv 2201.11903
 */
export const gsm8k: BuiltInTask = {
  summary: "word problems with a number as answer, step by step (--data DIR, --few-shot 8)",
  needs: "file",
  async open({
    data,
    fewShot = defaultExamples,
    system,
    temperature = 0,
    maxTokens = 512,
    ...how
  }) {
    const path = testFile(data);
    const problems = readProblems(path).slice(0, how.maxSamples);
    const examples = fewShot === 0 ? [] : readExamples(join(dirname(path), "train.jsonl"), fewShot);
    const callArguments = { temperature, max_tokens: maxTokens };
    return {
      name: "gsm8k",
      settings: { ...callArguments, fewShot, ...(system !== undefined && { system }) },
      scoreKinds: { accuracy: "binary" },
      samples: async () => problems.map((problem, i) => ({ id: `gsm8k.${i}`, data: problem })),
      async evaluate(sample, { ask }) {
        const problem = sample.data as Problem;
        const messages = messagesOf(problem, { examples, system });
        const answer = await ask({ policy: 0 }, messages, callArguments);
        return await outcomeOf(firstText(answer), finalOf(problem)!);
      },
      report: (outcomes) => meanScores(outcomes, ["accuracy"]),
    } satisfies EvalTask;
  },
};

function testFile(data: string | undefined): string {
  const isFolder = data !== undefined && existsSync(data) && statSync(data).isDirectory();
  const file = isFolder ? join(data, "test.jsonl") : data;
  if (file !== undefined && existsSync(file)) return file;
  throw new ConfigError(
    `gsm8k: expected --data with a folder of test.jsonl and train.jsonl, or a file, ${file === undefined ? "got none" : `found no ${file}`}; they are in github.com/openai/grade-school-math`,
  );
}

function readExamples(path: string, count: number): readonly Problem[] {
  if (!existsSync(path)) {
    throw new ConfigError(`gsm8k: expected the examples in ${path}; or give --few-shot 0`);
  }
  const examples = readProblems(path).slice(0, count);
  if (examples.length === count) return examples;
  throw new ConfigError(`gsm8k: ${path} has ${examples.length} examples, --few-shot is ${count}`);
}

function readProblems(path: string): readonly Problem[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    const found = problemSchema.safeParse(parseJson(line));
    if (found.success && finalOf(found.data) !== undefined) return [found.data];
    throw new DataError(
      `${path}, line ${i + 1}: expected {"question": …, "answer": "… #### NUMBER"}, got ${line.slice(0, 60)}`,
    );
  });
}

/** The text behind the sign of a final answer, the first: a base model goes on with more questions. */
function finalOf({ answer }: Pick<Problem, "answer">): string | undefined {
  return /^.*####[ \t]*\D{0,3}?(-?[\d,.]*\d)/m.exec(answer)?.[1];
}

function messagesOf(
  { question }: Problem,
  how: { readonly examples: readonly Problem[]; readonly system: string | undefined },
): Message[] {
  return [
    ...(how.system === undefined ? [] : [{ role: "system", content: how.system }]),
    ...how.examples.flatMap((example) => [
      { role: "user", content: example.question },
      // the sums between << and >> were for a calculator that models here do not have
      { role: "assistant", content: example.answer.replace(/<<.*?>>/g, "") },
    ]),
    { role: "user", content: how.examples.length === 0 ? `${question}\n\n${form}` : question },
  ];
}

/** The number after `####`, else the last one, compared with the right one. */
async function outcomeOf(text: string, right: string): Promise<SampleOutcome> {
  const score = await numeric(defaultScorerOptions).against([right], {});
  const scores = await score(finalOf({ answer: text }) ?? text);
  const { value, answer } = scores["accuracy"]!;
  const data = { correct: value === 1, expected: right, picked: answer, sampled: text };
  return { scores, events: [{ type: "match", data }] };
}
