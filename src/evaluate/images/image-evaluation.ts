import type { Dataset } from "../../data/dataset.ts";
import { readTestItems, type TestItem } from "../../data/primer/test-items.ts";
import { localLanguageModel } from "../../language-model/local-language-model.ts";
import type { LocalModel } from "../../language-model/local-model.ts";
import { answerWith } from "../primer/answer-with.ts";
import { evaluateTasks, type TaskResults } from "../primer/primer-tasks.ts";
import {
  type CaptionResults,
  type CaptionsDelta,
  evaluateCaptions,
  type ScoreCaptions,
} from "./caption-evaluation.ts";
import { type CaptionExample, captionExamples } from "./caption-examples.ts";
import { captionSets } from "./captions.ts";
import { comparePaired, type PairedAccuracy } from "./visual-questions.ts";

/** What a model's understanding of images is measured on. */
export interface ImageEvaluation {
  readonly model: LocalModel;
  readonly dataset: Dataset;
  readonly seed: number;
  /** Captions that the right one is among. */
  readonly candidates?: number;
  /** Concepts of a set that are looked at, at most; all when left out. */
  readonly mostConcepts?: number;
  /** Captions that are written for each set. */
  readonly examples: number;
}

/** Captions of one set: measured, and some written. */
export interface CaptionedSet extends CaptionResults {
  readonly examples: readonly CaptionExample[];
}

/**
 * Measures captions on images that training has not seen: a set for each style kept out, and one of
 * concepts that no style showed. No set where the data has no such images.
 */
export async function* evaluateCaptionSets(
  evaluation: ImageEvaluation,
): AsyncGenerator<CaptionsDelta, CaptionedSet[]> {
  const { model, dataset, examples: count, ...options } = evaluation;
  const image = (number: number) => dataset.image(number);
  const results: CaptionedSet[] = [];
  for (const set of await captionSets(dataset)) {
    const measured = yield* evaluateCaptions({ ...options, set, image, score: scoreWith(model) });
    const source = { captions: set.captions, image };
    const examples = await captionExamples(model, source, { count, seed: options.seed });
    results.push({ ...measured, examples });
  }
  return results;
}

function scoreWith(model: LocalModel): ScoreCaptions {
  return async (pixels, texts) => {
    const prompt = { kind: "document", text: "", images: [pixels] } as const;
    const scored = await model.scoreEachAfter(prompt, texts, { hasEnd: true });
    return scored.map(({ logProbs }) => ({
      logProb: logProbs.reduce((sum, each) => sum + each, 0),
      tokens: logProbs.length,
    }));
  };
}

/** Questions about images that a model answered, and how it compares with another. */
export interface VisualQuestionResults extends TaskResults {
  readonly comparison: readonly PairedAccuracy[];
}

const answerTokens = 16;

/**
 * Asks a model a data set's test questions about images, and another one the same; nothing where
 * the data has none, as where all its images have captions alone.
 */
export async function evaluateVisualQuestions(
  dataset: Dataset,
  model: LocalModel,
  baseline: LocalModel | undefined,
): Promise<VisualQuestionResults> {
  const items = (await readTestItems(dataset)).filter(({ image }) => image !== undefined);
  if (items.length === 0) return { scores: [], samples: [], comparison: [] };
  const results = await ask(dataset, model, items);
  const other = baseline === undefined ? undefined : await ask(dataset, baseline, items);
  return {
    ...results,
    comparison: other === undefined ? [] : comparePaired(results.samples, other.samples),
  };
}

function ask(
  dataset: Dataset,
  model: LocalModel,
  items: readonly TestItem[],
): Promise<TaskResults> {
  const asked = localLanguageModel(model, { name: "model", slots: 1, directory: "." });
  const complete = answerWith(asked, (image) => dataset.image(image));
  return evaluateTasks({ items, complete, maxTokens: answerTokens });
}
