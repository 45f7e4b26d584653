import { type EvalTask, firstText, type SampleOutcome } from "../../eval-task.ts";
import { bleuCorpus, bleuSentence } from "../../text-scores/bleu.ts";
import { chatPrompt } from "../chat-text.ts";
import {
  type ClassOptions,
  checkArguments,
  expectedOf,
  fewShotOf,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
import { accuracyOf } from "./match-report.ts";

const defaultTokens = 500;
/** A sentence whose BLEU lies above counts as right. */
const rightAbove = 30;

/** `Translate`: BLEU against the right translations. */
export async function translate(options: ClassOptions): Promise<EvalTask> {
  checkArguments(options, ["samples_jsonl", "num_few_shot", "few_shot_jsonl"]);
  const withExamples = await fewShotOf(options);
  const maxTokens = Number(options.args["max_tokens"] ?? defaultTokens);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    async evaluate(sample, context) {
      const prompt = chatPrompt(withExamples(promptOf(sample)));
      const ideals = idealsOf(sample);
      const text = firstText(await context.ask({ policy: 0 }, prompt, { max_tokens: maxTokens }));
      const { score } = bleuSentence(text, ideals);
      const isRight = score > rightAbove;
      const own = { sacrebleu_sentence_score: score };
      const data = { correct: isRight, expected: expectedOf(ideals), picked: null, sampled: text };
      return {
        scores: {
          accuracy: { value: isRight ? 1 : 0, answer: text },
          sacrebleu_sentence_score: { value: score },
        },
        events: [
          { type: "metrics", data: own },
          { type: "match", data: { ...data, ...own } },
        ],
      };
    },
    report: (outcomes) => ({
      accuracy: accuracyOf(outcomes),
      sacrebleu_score: corpusScore(outcomes),
    }),
  };
}

/** BLEU of all answers together, against the first right translation of each. */
function corpusScore(outcomes: readonly SampleOutcome[]): number {
  const matches = outcomes.flatMap(({ events }) => events.filter(({ type }) => type === "match"));
  const texts = matches.map(({ data }) => String(data["sampled"]));
  const firsts = matches.map(({ data }) => [[data["expected"]].flat()[0] as string]);
  return texts.length === 0 ? Number.NaN : bleuCorpus(texts, firsts).score;
}
