import { DataError } from "../../errors.ts";
import { lines } from "./lines.ts";

/** A quoted field that is longer was most likely never closed. */
const longestRecord = 2 ** 20;

/** One record of a CSV file. */
export interface CsvRecord {
  /** The line it begins on, from 1. */
  readonly line: number;
  /** Undefined when its quotes do not fit together. */
  readonly fields: readonly string[] | undefined;
}

/**
 * The records of a CSV file; blank lines are left out.
 *
 * @param where - named in errors
 * @throws {DataError} when a quote is not closed for 2^20 characters
 * @see RFC 4180
 */
export async function* csvRecords(
  texts: AsyncIterable<string>,
  where: string,
): AsyncGenerator<CsvRecord> {
  /** Lines of a record that is not complete: a quoted field goes on. */
  let open: string[] = [];
  let [line, first, length] = [0, 0, 0];
  for await (const text of lines(texts)) {
    line++;
    if (open.length === 0) [first, length] = [line, 0];
    const isInside = open.length > 0;
    const isWhole = isInside === hasOddQuotes(text);
    open.push(text);
    length += text.length + 1;
    if (isWhole) {
      const record = open.join("\n");
      open = [];
      if (record.trim() !== "") yield { line: first, fields: splitRecord(record) };
    } else if (length > longestRecord) {
      throw new DataError(`${where}, line ${first}: the quote that begins there is never closed`);
    }
  }
  if (open.length > 0) yield { line: first, fields: undefined };
}

function hasOddQuotes(text: string): boolean {
  return text.split('"').length % 2 === 0;
}

/** The fields of a record, without their quotes. */
function splitRecord(record: string): string[] | undefined {
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^"\r,]*))(,|\r?$)/y;
  const fields: string[] = [];
  for (let isLast = false; !isLast; ) {
    const match = field.exec(record);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    isLast = match[3] !== ",";
  }
  return fields;
}
