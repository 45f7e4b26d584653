import type { TestItem } from "../../data/primer/test-items.ts";
import { ConfigError } from "../../errors.ts";
import type { CallArguments, LanguageModel } from "../../language-model/language-model.ts";
import { imageDataUrl } from "../../model/image/data-url.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { firstText } from "../eval-task.ts";
import type { TaskEvaluation } from "./primer-tasks.ts";

/** Gives an image by its number in a data set. */
export type ImageSource = (number: number) => Promise<ImagePixels>;

/** The images of a question, as models are given them. */
export async function imagesOf(
  { image: number }: Pick<TestItem, "image">,
  image: ImageSource,
): Promise<string[]> {
  return number === undefined ? [] : [await imageDataUrl(await image(number))];
}

/** How a question is asked: the likeliest tokens up to where its answer ends. */
export function answerArguments(maxTokens: number, stop: string): CallArguments {
  return { temperature: 0, max_tokens: maxTokens, stop: [stop] };
}

/**
 * How a model answers test questions, each as the beginning of a document.
 *
 * @throws {ConfigError} when it answers conversations only
 */
export function answerWith(model: LanguageModel, image: ImageSource): TaskEvaluation["complete"] {
  if (model.complete === undefined) {
    throw new ConfigError(`${model.name}: goes on with no texts; take a model of yours`);
  }
  return (questions, { maxTokens, stop }) =>
    Promise.all(
      questions.map(async (question) => {
        const images = await imagesOf(question, image);
        const { prompt } = question;
        return firstText(
          await model.complete!({ prompt, images, arguments: answerArguments(maxTokens, stop) }),
        );
      }),
    );
}
