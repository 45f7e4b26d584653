import { imageMark } from "../../model/text/special-tokens.ts";
import type { Document } from "../document.ts";
import { isForged, storeImages } from "./image-records.ts";
import { type ImagePlace, isRemote } from "./image-reference.ts";
import type { Reading } from "./source.ts";

/**
 * Code, in which nothing is an image, or an image: `![alt](path)`, `![alt](<path> "title")`.
 *
 * @see CommonMark 0.31, sections 4.5, 6.1 and 6.4
 */
const codeOrImage = new RegExp(
  [
    /^ {0,3}(?<fence>`{3,}(?=[^`\n]*$)|~{3,})[\s\S]*?(?:^ {0,3}\k<fence>[`~]*[ \t]*$|(?![\s\S]))/,
    /(?<ticks>(?<!`)`+(?!`))(?:(?!\n\s*\n)[\s\S])*?(?<!`)\k<ticks>(?!`)/,
    /!\[[^\]]{0,500}\]\(\s*(?:<(?<bracketed>[^<>\n]+)>|(?<plain>[^\s()<>]+))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gm",
);

/** Whether a file holds Markdown, by its extension. */
export function isMarkdown(path: string): boolean {
  return /\.(md|markdown)$/i.test(path);
}

/**
 * A part of a Markdown file with `[IMG]` in the place of each local image; alternative text and
 * title are left out. Remote images, and those written in HTML, stay text. Undefined when the part
 * is left out.
 */
export async function withMarkdownImages(
  document: Document,
  place: ImagePlace,
  reading: Reading,
): Promise<Document | undefined> {
  const texts: string[] = [];
  const references: string[] = [];
  let end = 0;
  for (const match of document.text.matchAll(codeOrImage)) {
    const reference = localReference(match.groups!);
    if (reference === undefined) continue;
    texts.push(document.text.slice(end, match.index));
    references.push(reference);
    end = match.index + match[0].length;
  }
  if (references.length === 0) return document;
  texts.push(document.text.slice(end));
  if (isForged(texts, document.id, reading)) return undefined;
  const images = await storeImages({ item: document.id, references, place }, reading);
  if (images === undefined) return undefined;
  return { ...document, text: texts.join(imageMark), hasSpecialTokens: true, images };
}

/** What an image refers to, unless it is remote; as a path, without `?query` and `#fragment`. */
function localReference({
  bracketed,
  plain,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  const written = bracketed ?? plain;
  if (written === undefined || isRemote(written)) return undefined;
  if (/^data:/i.test(written)) return written;
  const path = written.replace(/[?#].*$/, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a percent sign that stands for itself
  }
}
