import type { LocalModel } from "../language-model/local-model.ts";
import { encodePrompt, type Prompt } from "../language-model/prompt.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { TaskEvaluation } from "./primer-tasks.ts";

/**
 * How a model answers test questions, at temperature 0. A model that reads no images is asked with
 * the image's tokens in the prompt, as it was trained, and sees only how large the image is.
 */
export function answerWith(
  model: LocalModel,
  image: (number: number) => Promise<ImagePixels>,
): TaskEvaluation["complete"] {
  return async (questions, { maxTokens, stop }) => {
    const each = questions.map(async (question) => {
      const pixels = question.image === undefined ? undefined : await image(question.image);
      const prompt = promptFor(model, question.prompt, pixels);
      return model.sample(prompt, 1, { maxTokens, stop: [stop] });
    });
    return (await Promise.all(each)).map(([completion]) => completion!.text);
  };
}

function promptFor(model: LocalModel, text: string, pixels: ImagePixels | undefined): Prompt {
  if (pixels === undefined) return { kind: "document", text };
  const prompt = { kind: "document", text, images: [pixels] } as const;
  if (model.config.vision !== undefined) return prompt;
  return { kind: "tokens", tokens: encodePrompt(model.tokenizer, prompt) };
}
