import type { TestItem } from "../../data/primer/test-items.ts";
import { DataError } from "../../errors.ts";
import { mean } from "../../statistics/quantile.ts";
import { answerArguments, type ImageSource, imagesOf } from "../answer.ts";
import { type EvalTask, firstText, type SampleOutcome } from "../eval-task.ts";
import { groupBy } from "../group-by.ts";
import { poemTokens, scoreAnswer, type TaskSample } from "../primer-tasks.ts";
import type { SampleRecord } from "../run/sample-record.ts";

/** The questions and their images. */
export interface PrimerOptions {
  readonly items: readonly TestItem[];
  /** An image by its number in the data set. */
  readonly image: ImageSource;
  /** Of an answer; a poem may be longer. */
  readonly maxTokens: number;
  /** Only the first so many of each task and level. */
  readonly perLevel?: number | undefined;
}

/**
 * The test questions of a generated data set, each as the beginning of a document, at temperature 0.
 * Every sample has the score `accuracy` and one of its task's name.
 *
 * @throws {DataError} when there is no question
 */
export function primerTask(options: PrimerOptions): EvalTask {
  const items = chosenItems(options);
  if (items.length === 0) throw new DataError("primer: the data set has no test questions");
  const samples = items.map((item) => ({ id: item.id, data: { ...item } }));
  const known = new Map(items.map((item) => [item.id, item]));
  return {
    name: "primer",
    samples: async () => samples,
    async evaluate({ id }, { complete }) {
      const item = known.get(id)!;
      const maxTokens = item.poem === undefined ? options.maxTokens : poemTokens;
      const images = await imagesOf(item, options.image);
      const how = { images, arguments: answerArguments(maxTokens, item.stop) };
      const answer = await complete(item.prompt, how);
      return outcomeOf(item, firstText(answer));
    },
    report: reportOf,
  };
}

function chosenItems({ items, perLevel }: PrimerOptions): readonly TestItem[] {
  if (perLevel === undefined) return items;
  const levels = groupBy(items, ({ task, difficulty }) => `${task} ${difficulty}`);
  return [...levels].flatMap(([, level]) => level.slice(0, perLevel));
}

async function outcomeOf(item: TestItem, text: string): Promise<SampleOutcome> {
  const { correct, answer, expected, explanation } = await scoreAnswer(item, text);
  const score = { value: correct ? 1 : 0, answer, ...(!correct && { explanation }) };
  const data = { correct, expected, picked: answer, sampled: text };
  return {
    scores: { accuracy: score, [item.task]: score },
    events: [{ type: "match", data }],
  };
}

/** The questions of a run with what came of them, in the order of the records. */
export function primerSamples(
  items: readonly TestItem[],
  records: readonly SampleRecord[],
): TaskSample[] {
  const known = new Map(items.map((item) => [item.id, item]));
  return records.flatMap(({ id, scores }) => {
    const [item, score] = [known.get(id), scores["accuracy"]];
    if (item === undefined || score === undefined) return [];
    const { answer = "", explanation = "", value } = score;
    const { task, difficulty, prompt, answer: expected } = item;
    const correct = value === 1;
    return [{ ...{ id, task, difficulty, prompt, expected }, answer, correct, explanation }];
  });
}

/** The share of right answers, of all and of each task. */
function reportOf(outcomes: readonly SampleOutcome[]): Readonly<Record<string, number>> {
  const names = new Set(outcomes.flatMap(({ scores }) => Object.keys(scores)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      mean(outcomes.flatMap(({ scores }) => scores[name]?.value ?? [])),
    ]),
  );
}
