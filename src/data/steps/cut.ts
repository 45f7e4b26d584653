import { imageMark } from "../../model/text/special-tokens.ts";

/** Characters of a document at most; longer texts become several documents. */
const documentChars = 16_384;

/**
 * Cuts a stream of text into documents of at most `documentChars` characters, so that a book is not
 * one document and no text has to fit into memory. Cuts lie, as available, after a blank line, a
 * line, a space; nothing is lost: the parts joined are the text.
 */
export async function* cut(
  texts: AsyncIterable<string> | Iterable<string>,
  limit: number = documentChars,
): AsyncGenerator<string> {
  let pending = "";
  for await (const text of texts) {
    pending += text;
    let start = 0;
    while (pending.length - start > limit) {
      const end = cutPoint(pending, start, start + limit);
      yield pending.slice(start, end);
      start = end;
    }
    pending = pending.slice(start);
  }
  if (pending !== "") yield pending;
}

/** The best place for a cut in the second half of [start, end); a mark of an image stays whole. */
function cutPoint(text: string, start: number, end: number): number {
  const middle = start + Math.floor((end - start) / 2);
  for (const separator of ["\n\n", "\n", " "]) {
    const at = text.lastIndexOf(separator, end - separator.length);
    if (at >= middle) return at + separator.length;
  }
  const mark = text.lastIndexOf(imageMark, end - 1);
  if (mark > start && mark + imageMark.length > end) return mark;
  return isHighSurrogate(text, end - 1) ? end - 1 : end;
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}
