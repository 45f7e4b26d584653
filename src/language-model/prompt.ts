import { ConfigError } from "../errors.ts";
import { noTower } from "../generate/placed-image.ts";
import { imageTokenIds, imageTokens } from "../model/image/image-tokens.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { imageMark } from "../model/text/special-tokens.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { encodeChatPrompt, type PromptMessage } from "./chat-prompt.ts";

/** What a model is given to go on from; its images in the order in which they appear. */
export type Prompt = (
  | TextPrompt
  /**
   * A conversation in the model's chat template, up to the opening of the assistant's turn. Images
   * stand where the messages have image parts.
   */
  | { readonly kind: "chat"; readonly messages: readonly PromptMessage[] }
  /** Exactly these tokens, images in the layout of `imageTokens`. */
  | { readonly kind: "tokens"; readonly tokens: readonly number[] }
) & { readonly images?: readonly ImagePixels[] | undefined };

/**
 * A prompt that is one text. Each `[IMG]` in it is the place of an image; images without any stand
 * at the beginning, behind what starts a document.
 */
type TextPrompt =
  /** Exactly this text, nothing added; special tokens in it are read as such. */
  | { readonly kind: "raw"; readonly text: string }
  /** The beginning of a document: what starts one, as `<s>`, and a text without special tokens. */
  | { readonly kind: "document"; readonly text: string };

/**
 * The tokens of a prompt, images in the layout of `imageTokens`; documents and chats begin as the
 * model's training did.
 *
 * @throws {ConfigError} when there are more places for images than images, or fewer; as
 *   `encodeConversation`
 * @throws {ModelError} when there are images and the tokenizer has no tokens for them
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): number[] {
  if (prompt.kind === "tokens") return [...prompt.tokens];
  const images = prompt.images ?? [];
  const ids = imageTokenIds(tokenizer.special);
  if (ids === undefined && images.length > 0) throw noTower();
  const tokens = markedTokens(tokenizer, prompt, ids?.image);
  if (ids === undefined) return tokens;
  const marks = tokens.filter((token) => token === ids.image).length;
  checkImageMarks("prompt", marks, images.length);
  let next = 0;
  return tokens.flatMap((token) =>
    token === ids.image ? imageTokens(images[next++]!.grid, ids) : [token],
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
  image: number | undefined,
): number[] {
  if (prompt.kind === "chat") return encodeChatPrompt(tokenizer, prompt.messages);
  const { documentStart, special } = tokenizer;
  const marks = image === undefined ? [] : (prompt.images ?? []).map(() => image);
  const tokens =
    prompt.kind === "raw"
      ? tokenizer.encode(prompt.text, { parseSpecial: true })
      : [...documentStart, ...encodeDocument(tokenizer, prompt.text, marks)];
  if (marks.length === 0 || tokens.includes(marks[0]!)) return tokens;
  const behindStart = tokens.length > 0 && tokens[0] === special.bos ? 1 : 0;
  return tokens.toSpliced(behindStart, 0, ...marks);
}

/** A document's text, in which `[IMG]` is a mark only where there are images. */
function encodeDocument(tokenizer: Tokenizer, text: string, marks: readonly number[]): number[] {
  if (marks.length === 0) return tokenizer.encode(text);
  const [first, ...rest] = text.split(imageMark);
  return [
    ...tokenizer.encode(first!),
    ...rest.flatMap((more) => [marks[0]!, ...tokenizer.encode(more)]),
  ];
}
