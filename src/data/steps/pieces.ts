import type { SpooledDocument } from "./spool.ts";

const specialPattern = /(<\|im_start\|>|<\|im_end\|>|\[IMG\])/;

/**
 * A document cut at its special tokens: text at even places, the marks of special tokens at odd
 * ones. Only chats and documents with images have any.
 */
export function piecesOf({
  bytes,
  hasSpecialTokens,
}: Pick<SpooledDocument, "bytes" | "hasSpecialTokens">): string[] {
  const content = Buffer.from(bytes).toString("utf8");
  return hasSpecialTokens ? content.split(specialPattern) : [content];
}
