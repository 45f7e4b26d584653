import { imageMark } from "../model/text/special-tokens.ts";
import type { PromptMessage } from "./chat-prompt.ts";
import { checkImageMarks } from "./prompt.ts";

/** How users mark the place of an image; `![image](…)` is Markdown and no mark. */
const mark = /(?<!!)\[image\]/g;

/** A raw prompt with `[IMG]` where the user wrote `[image]`. */
export function rawWithImages(text: string): string {
  return text.replace(mark, imageMark);
}

/**
 * The content of a message: images at the `[image]` marks, or at the beginning when there is none.
 *
 * @param urls - of the images, a path or a `data:` URL each
 * @throws {ConfigError} when there are marks, but more or fewer than images
 */
export function contentWithImages(text: string, urls: readonly string[]): PromptMessage["content"] {
  const [first, ...rest] = text.split(mark) as [string, ...string[]];
  const image = (url: string) => ({ type: "image_url" as const, image_url: { url } });
  const words = (part: string) => (part === "" ? [] : [{ type: "text" as const, text: part }]);
  if (rest.length === 0) return urls.length === 0 ? text : [...urls.map(image), ...words(text)];
  checkImageMarks("message", rest.length, urls.length);
  return [...words(first), ...rest.flatMap((part, i) => [image(urls[i]!), ...words(part)])];
}
