import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import type { Document } from "../document.ts";
import type { SourceFile } from "./folder.ts";
import { lines } from "./lines.ts";

/** Definitions per document: about one training window. */
const definitionsPerDocument = 8;

const partsOfSpeech: Readonly<Record<string, string>> = {
  "data.noun": "noun",
  "data.verb": "verb",
  "data.adj": "adjective",
  "data.adv": "adverb",
};

/**
 * Dictionary entries from a WordNet `data.*` file, several to a document:
 * `purge (noun): an abrupt or sudden removal of a person or group; "he died in a purge by Stalin"`.
 *
 * @see https://wordnet.princeton.edu/documentation/wndb5wn
 */
export async function* readWordnet(file: SourceFile): AsyncGenerator<Document> {
  const part = partsOfSpeech[basename(file.path)];
  if (part === undefined) return;
  let entries: string[] = [];
  let number = 0;
  const toDocument = (): Document => ({
    id: `${file.path}#${number++}`,
    source: file.source,
    text: entries.join("\n"),
    hasSpecialTokens: false,
  });
  const stream = createReadStream(join(file.root, file.path), { encoding: "latin1" });
  for await (const line of lines(stream as AsyncIterable<string>)) {
    const entry = parseEntry(line, part);
    if (entry === undefined) continue;
    entries.push(entry);
    if (entries.length < definitionsPerDocument) continue;
    yield toDocument();
    entries = [];
  }
  if (entries.length > 0) yield toDocument();
}

/** One line of a `data.*` file as an entry; undefined for the licence at its head. */
export function parseEntry(line: string, part: string): string | undefined {
  const [head = "", gloss] = line.split(" | ");
  if (line.startsWith("  ") || gloss === undefined) return undefined;
  const fields = head.split(" ");
  const count = Number.parseInt(fields[3] ?? "0", 16); // the format counts words in hexadecimal
  const words = Array.from({ length: count }, (_, i) => readable(fields[4 + 2 * i] ?? ""));
  return `${words.join(", ")} (${part}): ${gloss.trim()}`;
}

/** `Canis_familiaris` and `sandy(a)` as people write them. */
function readable(word: string): string {
  return word.replace(/\((a|p|ip)\)$/, "").replaceAll("_", " ");
}
