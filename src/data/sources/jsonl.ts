import { dirname, resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import type { Document } from "../document.ts";
import type { Origin } from "../source-origin.ts";
import { cut } from "../steps/cut.ts";
import { decode } from "../steps/decode.ts";
import { chatDocument, chatImages, messageSchema } from "./chat-images.ts";
import { fingerprintFiles, readChunks } from "./folder.ts";
import { imagePath } from "./image-reference.ts";
import { interleavedDocuments } from "./interleaved.ts";
import { lines } from "./lines.ts";
import type { Reading, Source, SourceContext } from "./source.ts";

const recordSchema = z.union([
  z.object({ text: z.string(), images: z.array(z.string()).optional() }),
  z.object({ messages: z.array(messageSchema).min(1) }),
]);

type JsonlRecord = z.output<typeof recordSchema>;

/**
 * A JSON Lines file of documents `{text}`, of documents with images `{text, images}`, or of chats
 * `{messages: [{role, content}]}`. Images are `data:` URLs or paths that begin at the file's folder.
 */
export function openJsonl(
  { file }: Extract<Origin, { kind: "jsonl" }>,
  { name, baseFolder }: SourceContext,
): Source {
  const path = resolve(baseFolder, file);
  return {
    fingerprint: async () =>
      [await fingerprintFile(path, name), ...(await fingerprintImages(path, name))].join(" "),
    async *documents(_scratch, reading) {
      const place = { folder: dirname(path), root: dirname(path) };
      let number = 0;
      for await (const line of lines(decode(readChunks(path, `source "${name}"`), reading))) {
        number++;
        if (line.trim() === "") continue;
        const record = parseRecord(line, `source "${name}": ${path}, line ${number}`);
        yield* recordDocuments(record, { item: `line ${number}`, source: name, place }, reading);
      }
    },
  };
}

/** What changes when a file of this name does. @throws {DataError} when there is none */
export async function fingerprintFile(path: string, name: string): Promise<string> {
  try {
    return await fingerprintFiles("", [path]);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      `source "${name}": expected a readable file, got ${code} at ${path}; check the path and its permissions`,
      { cause },
    );
  }
}

/** What changes when the images that a file names do; nothing when it names none. */
async function fingerprintImages(path: string, name: string): Promise<string[]> {
  if (!(await mentions(path, '"image'))) return [];
  const folder = dirname(path);
  const found = new Set<string>();
  const texts = decode(readChunks(path, `source "${name}"`), { invalidSequences: 0 });
  for await (const line of lines(texts)) {
    if (!/"image(s|_url)"/.test(line)) continue;
    for (const file of namedFiles(line, folder)) found.add(file);
  }
  const fingerprints: string[] = [];
  for (const file of found) {
    const own = fingerprintFiles("", [file]).catch(() => "missing");
    fingerprints.push(await own);
  }
  return fingerprints;
}

/** Whether an ASCII text stands in a file, at the speed of the disk: most files name no images. */
async function mentions(path: string, text: string): Promise<boolean> {
  let tail = Buffer.alloc(0);
  for await (const chunk of readChunks(path, path)) {
    const bytes = Buffer.concat([tail, chunk]);
    if (bytes.includes(text)) return true;
    tail = bytes.subarray(Math.max(0, bytes.length - text.length + 1));
  }
  return false;
}

/** The image files that a line names, whether they are there or not. */
function namedFiles(line: string, folder: string): string[] {
  try {
    const record = parseRecord(line, "");
    const references = "text" in record ? (record.images ?? []) : chatImages(record.messages);
    const place = { folder, root: folder };
    return references.flatMap((reference) => imagePath(reference, place) ?? []);
  } catch {
    return []; // said when the documents are read
  }
}

async function* recordDocuments(
  record: JsonlRecord,
  base: Pick<Parameters<typeof chatDocument>[0], "item" | "source" | "place">,
  reading: Reading,
): AsyncGenerator<Document> {
  if ("messages" in record) {
    const document = await chatDocument({ ...base, messages: record.messages }, reading);
    if (document !== undefined) yield document;
  } else if (record.images !== undefined) {
    const { text, images: references } = record;
    yield* interleavedDocuments({ ...base, text, references }, reading);
  } else {
    const { item, source } = base;
    let part = 0;
    for await (const text of cut([record.text])) {
      yield { id: `${item}#${part++}`, source, text, hasSpecialTokens: false };
    }
  }
}

function parseRecord(line: string, where: string): JsonlRecord {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch (cause) {
    throw new DataError(`${where}: expected one JSON object per line, got ${excerpt(line)}`, {
      cause,
    });
  }
  const parsed = recordSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new DataError(
    `${where}: expected {"text": …} or {"messages": [{"role", "content"}]}, content being text or parts {"type": "text", "text"} and {"type": "image_url", "image_url": {"url"}}, got ${excerpt(line)}`,
  );
}

/** The beginning of a line, as messages show it. */
export function excerpt(line: string): string {
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
