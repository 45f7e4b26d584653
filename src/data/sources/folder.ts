import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { DataError } from "../../errors.ts";
import type { Document, SourceCounts } from "../document.ts";
import type { Origin } from "../source-origin.ts";
import { cut } from "../steps/cut.ts";
import { decode } from "../steps/decode.ts";
import { isImagePath } from "./image-reference.ts";
import { isMarkdown, withMarkdownImages } from "./markdown-images.ts";
import type { Reading, Source, SourceContext } from "./source.ts";

/**
 * Text, Markdown and code files of a folder and those below it, by path; hidden ones are left out.
 * The local images of Markdown files are read when the recipe says so.
 */
export function openFolder(
  { folder, include, markdownImages }: Extract<Origin, { kind: "folder" }>,
  { name, baseFolder }: SourceContext,
): Source {
  const root = resolve(baseFolder, folder);
  const chosen = (path: string) => include.some((extension) => path.endsWith(extension));
  const isRead = (path: string) => chosen(path) || (markdownImages && isImagePath(path));
  const where = `source "${name}"`;
  return {
    fingerprint: async () => fingerprintFiles(root, await listFiles(root, where, isRead)),
    async *documents(_scratch, reading) {
      for (const path of await listFiles(root, where, chosen)) {
        const file = { root, path, source: name };
        if (markdownImages && isMarkdown(path)) yield* readMarkdown(file, reading);
        else yield* readFileDocuments(file, reading);
      }
    },
  };
}

/**
 * The chosen files under a folder, as sorted paths with `/`.
 *
 * @throws {DataError} when the folder is missing, unreadable, or has no such file
 */
export async function listFiles(
  root: string,
  where: string,
  chosen: (path: string) => boolean,
): Promise<string[]> {
  let entries: string[];
  try {
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    entries = found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      `${where}: expected a readable folder, got ${code} at ${root}; check the path and its permissions`,
      { cause },
    );
  }
  const files = entries
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !/(^|\/)\./.test(path) && chosen(path))
    .sort();
  if (files.length > 0) return files;
  throw new DataError(
    `${where}: expected at least one file, found none of ${entries.length} files at ${root} that fits; check "include" or "files", or the path`,
  );
}

/** Changes when a file appears, goes, or is written. */
export async function fingerprintFiles(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const { size, mtimeMs } = await stat(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** A file below a folder, and the source it belongs to. */
export interface SourceFile {
  readonly root: string;
  readonly path: string;
  readonly source: string;
}

/** The documents of a Markdown file, those with images among them. */
async function* readMarkdown(file: SourceFile, reading: Reading): AsyncGenerator<Document> {
  const place = { folder: dirname(join(file.root, file.path)), root: file.root };
  for await (const document of readFileDocuments(file, reading)) {
    const complete = await withMarkdownImages(document, place, reading);
    if (complete !== undefined) yield complete;
  }
}

/** The documents of one file; a binary file gives none and counts as skipped. */
export async function* readFileDocuments(
  { root, path, source }: SourceFile,
  counts: SourceCounts,
): AsyncGenerator<Document> {
  let part = 0;
  for await (const text of cut(decode(readText(join(root, path), source, counts), counts))) {
    yield { id: `${path}#${part++}`, source, text, hasSpecialTokens: false };
  }
}

async function* readText(
  path: string,
  source: string,
  counts: SourceCounts,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of readChunks(path, `source "${source}"`)) {
    if (first && chunk.includes(0)) {
      counts.skipped++;
      return;
    }
    first = false;
    yield chunk;
  }
}

/** A file's bytes. @throws {DataError} when it cannot be read */
export async function* readChunks(path: string, where: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new DataError(
      `${where}: expected a readable file, got ${code} at ${path}; check the path and its permissions`,
      { cause },
    );
  }
}
