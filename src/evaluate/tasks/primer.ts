import { openDataset } from "../../data/dataset.ts";
import { readTestItems, type TestItem } from "../../data/primer/test-items.ts";
import { ConfigError, DataError } from "../../errors.ts";
import { type EvalTask, firstText, type SampleOutcome } from "../eval-task.ts";
import { groupBy } from "../group-by.ts";
import type { SampleRecord } from "../log/sample-record.ts";
import { answerArguments, type ImageSource, imagesOf } from "../primer/answer-with.ts";
import { poemTokens, scoreAnswer, type TaskSample } from "../primer/primer-tasks.ts";
import { meanScores } from "../summary/mean-scores.ts";
import type { BuiltInTask } from "./built-in-task.ts";

/** The questions and their images. */
export interface PrimerOptions {
  readonly items: readonly TestItem[];
  /** An image by its number in the data set. */
  readonly image: ImageSource;
  /** Of an answer; a poem may be longer. */
  readonly maxTokens: number;
  /** Only so many, of each task and level as many as of the others. */
  readonly maxSamples?: number | undefined;
}

/** The test questions of a data set of `foretoken data build`. */
export const primer: BuiltInTask = {
  summary: "the test questions of a data set, its own by default (--data DATASET)",
  needs: "dataset",
  async open({ data, fewShot, system, temperature, maxTokens = 32, maxSamples }) {
    const strange = { fewShot, system, temperature };
    for (const [name, value] of Object.entries(strange)) {
      if (value === undefined) continue;
      throw new ConfigError(`primer: ${name} means nothing here, questions are asked as they are`);
    }
    if (data === undefined) {
      throw new ConfigError(
        "primer: expected --data DATASET, because the model is no run of yours",
      );
    }
    const dataset = await openDataset(data);
    const items = await readTestItems(dataset);
    const image = (number: number) => dataset.image(number);
    return {
      ...primerTask({ items, image, maxTokens, maxSamples }),
      settings: { dataset: dataset.manifest.hash, maxTokens },
      close: () => dataset.close(),
    };
  },
};

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
    report: (outcomes) => meanScores(outcomes),
  };
}

function chosenItems({ items, maxSamples }: PrimerOptions): readonly TestItem[] {
  if (maxSamples === undefined) return items;
  const levels = [...groupBy(items, ({ task, difficulty }) => `${task} ${difficulty}`).values()];
  const inTurn = levels.flatMap((level) => level.map((item, turn) => ({ item, turn })));
  const first = inTurn.sort((a, b) => a.turn - b.turn).slice(0, maxSamples);
  const chosen = new Set(first.map(({ item }) => item));
  return items.filter((item) => chosen.has(item));
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
