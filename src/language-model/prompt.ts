import { ConfigError } from "../errors.ts";
import { imageTokens } from "../model/image/image-tokens.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { imageMark } from "../model/text/special-tokens.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { encodeChatPrompt, type PromptMessage } from "./chat-prompt.ts";

/** What a model is given to go on from; its images in the order in which they appear. */
export type Prompt = (
  | TextPrompt
  /**
   * A conversation: `<s>` and the chat template, up to the opening of the assistant's turn. Images
   * stand where the messages have image parts.
   */
  | { readonly kind: "chat"; readonly messages: readonly PromptMessage[] }
  /** Exactly these tokens, images in the layout of `imageTokens`. */
  | { readonly kind: "tokens"; readonly tokens: readonly number[] }
) & { readonly images?: readonly ImagePixels[] | undefined };

/**
 * A prompt that is one text. Each `[IMG]` in it is the place of an image; images without any stand
 * at the beginning, behind `<s>`.
 */
type TextPrompt =
  /** Exactly this text, nothing added; `<s>`, `<|im_start|>` and so on in it are their tokens. */
  | { readonly kind: "raw"; readonly text: string }
  /** The beginning of a document: `<s>` and the text, in which other special tokens are text. */
  | { readonly kind: "document"; readonly text: string };

/**
 * The tokens of a prompt, images in the layout of `imageTokens`; documents and chats begin with
 * `<s>`, as all of training does.
 *
 * @throws {ConfigError} when there are more places for images than images, or fewer
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): number[] {
  if (prompt.kind === "tokens") return [...prompt.tokens];
  const { special } = tokenizer;
  const images = prompt.images ?? [];
  const tokens = markedTokens(tokenizer, prompt, images.length > 0);
  const marks = tokens.filter((token) => token === special.image).length;
  checkImageMarks("prompt", marks, images.length);
  let next = 0;
  return tokens.flatMap((token) =>
    token === special.image ? imageTokens(images[next++]!.grid, special) : [token],
  );
}

/**
 * Refuses a text that has not as many places for images as there are images.
 *
 * @param where - named in the error
 * @throws {ConfigError} naming both numbers
 */
export function checkImageMarks(where: string, marks: number, images: number): void {
  if (marks === images) return;
  throw new ConfigError(
    `${where}: expected one image for each mark, got ${marks} ${marks === 1 ? "mark" : "marks"} and ${images} ${images === 1 ? "image" : "images"}; give each image one mark, or none has one and they stand at the beginning`,
  );
}

/** The tokens of a prompt with one `[IMG]` for each place of an image. */
function markedTokens(
  tokenizer: Tokenizer,
  prompt: Exclude<Prompt, { readonly kind: "tokens" }>,
  hasImages: boolean,
): number[] {
  const { bos, image } = tokenizer.special;
  if (prompt.kind === "chat") return [bos, ...encodeChatPrompt(tokenizer, prompt.messages)];
  const tokens =
    prompt.kind === "raw"
      ? tokenizer.encode(prompt.text, { parseSpecial: true })
      : [bos, ...encodeDocument(tokenizer, prompt.text, hasImages)];
  if (!hasImages || tokens.includes(image)) return tokens;
  const behindStart = tokens[0] === bos ? 1 : 0;
  const marks = (prompt.images ?? []).map(() => image);
  return tokens.toSpliced(behindStart, 0, ...marks);
}

function encodeDocument(tokenizer: Tokenizer, text: string, hasImages: boolean): number[] {
  if (!hasImages) return tokenizer.encode(text);
  const { image } = tokenizer.special;
  const [first, ...rest] = text.split(imageMark);
  return [
    ...tokenizer.encode(first!),
    ...rest.flatMap((more) => [image, ...tokenizer.encode(more)]),
  ];
}
