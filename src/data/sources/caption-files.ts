import { basename } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { decode } from "../steps/decode.ts";
import { csvRecords } from "./csv.ts";
import { readChunks } from "./folder.ts";
import { lines } from "./lines.ts";
import type { Reading } from "./source.ts";

/** A caption of an image, as its file says it. */
export interface Caption {
  /** Names the record to people. */
  readonly item: string;
  /** Path of the image below the folder of images. */
  readonly image: string;
  readonly caption: string;
}

/**
 * The captions of a JSON Lines file of `{image, caption}`, or of a CSV file with these columns;
 * `file_name` and `text` mean the same. Other records are noted as broken.
 *
 * @param where - named in errors
 * @throws {DataError} when the file cannot be read, or a CSV file has no such columns
 */
export async function* readCaptions(
  path: string,
  where: string,
  reading: Reading,
): AsyncGenerator<Caption> {
  const texts = decode(readChunks(path, where), reading);
  const records = readers[kindOf(path)](texts, `${where}: ${path}`);
  for await (const { line, image, caption } of records) {
    const item = `${basename(path)}, line ${line}`;
    if (image !== undefined && caption !== undefined) yield { item, image, caption };
    else reading.broken.push({ item, reason: "expected the path of an image and its caption" });
  }
}

type CaptionFileKind = "jsonl" | "csv";

/** A record as far as it can be read. */
interface CaptionRecord {
  readonly line: number;
  readonly image: string | undefined;
  readonly caption: string | undefined;
}

type Reader = (texts: AsyncIterable<string>, where: string) => AsyncIterable<CaptionRecord>;

const readers: { readonly [kind in CaptionFileKind]: Reader } = { jsonl: fromJsonl, csv: fromCsv };

/** The recipe allows these two. */
function kindOf(path: string): CaptionFileKind {
  return path.endsWith(".csv") ? "csv" : "jsonl";
}

const recordSchema = z
  .object({ image: z.string(), file_name: z.string(), caption: z.string(), text: z.string() })
  .partial();

async function* fromJsonl(texts: AsyncIterable<string>): AsyncGenerator<CaptionRecord> {
  let line = 0;
  for await (const text of lines(texts)) {
    line++;
    if (text.trim() === "") continue;
    const { data = {} } = recordSchema.safeParse(parsedOrNull(text));
    yield { line, image: data.image ?? data.file_name, caption: data.caption ?? data.text };
  }
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // becomes a broken record
  }
}

async function* fromCsv(
  texts: AsyncIterable<string>,
  where: string,
): AsyncGenerator<CaptionRecord> {
  let columns: { readonly image: number; readonly caption: number } | undefined;
  for await (const { line, fields } of csvRecords(texts, where)) {
    if (columns === undefined) columns = columnsOf(fields ?? [], where);
    else yield { line, image: fields?.[columns.image], caption: fields?.[columns.caption] };
  }
}

function columnsOf(header: readonly string[], where: string) {
  const names = header.map((name) => name.trim().toLowerCase());
  const image = names.findIndex((name) => name === "image" || name === "file_name");
  const caption = names.findIndex((name) => name === "caption" || name === "text");
  if (image >= 0 && caption >= 0) return { image, caption };
  throw new DataError(
    `${where}: expected a first line with the columns image,caption, got ${header.join(",").slice(0, 80)}`,
  );
}
