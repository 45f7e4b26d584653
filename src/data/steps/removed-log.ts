import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { lines } from "../sources/lines.ts";
import { ByteWriter } from "./byte-writer.ts";
import { decode } from "./decode.ts";

/** A document by its source and its id in it. */
export interface DocumentName {
  readonly source: string;
  readonly id: string;
}

/** Why a document was left out. */
export type Removal =
  | { readonly reason: "near duplicate"; readonly twin: number; readonly jaccard?: number }
  | {
      readonly reason: "evaluation item";
      readonly set: string;
      readonly item: string;
      readonly excerpt: string;
    };

/**
 * What was left out of a data set, each with its twin or the evaluation item. Documents are
 * numbered as they come; the names of the numbers wait on disk, since there may be many.
 */
export class RemovedLog {
  readonly #folder: string;
  readonly #names: ByteWriter;
  readonly #removed: ByteWriter;
  readonly #twins = new Set<number>();

  private constructor(folder: string, names: ByteWriter, removed: ByteWriter) {
    this.#folder = folder;
    this.#names = names;
    this.#removed = removed;
  }

  /** Begins a log in a scratch folder. */
  static async create(scratchFolder: string): Promise<RemovedLog> {
    const names = await ByteWriter.create(join(scratchFolder, "names.jsonl"));
    const removed = await ByteWriter.create(join(scratchFolder, "removals.jsonl"));
    return new RemovedLog(scratchFolder, names, removed);
  }

  /** Notes the next document, in the order of their numbers. */
  async name({ source, id }: DocumentName): Promise<void> {
    await this.#names.write(jsonLine({ source, id }));
  }

  /** Notes that a document was left out. */
  async remove({ source, id }: DocumentName, removal: Removal): Promise<void> {
    if (removal.reason === "near duplicate") this.#twins.add(removal.twin);
    await this.#removed.write(jsonLine({ source, id, ...removal }));
  }

  /** Writes the log with the names of the twins; gives its SHA-256. */
  async finish(path: string): Promise<string> {
    await this.#names.finish();
    await this.#removed.finish();
    const names = await this.#twinNames();
    const log = await ByteWriter.create(path);
    for await (const line of linesOf(join(this.#folder, "removals.jsonl"))) {
      const removal = JSON.parse(line) as DocumentName & Removal;
      const isTwin = removal.reason === "near duplicate";
      await log.write(jsonLine(isTwin ? { ...removal, twin: names.get(removal.twin) } : removal));
    }
    for (const name of ["names.jsonl", "removals.jsonl"]) await rm(join(this.#folder, name));
    return log.finish();
  }

  /** Closes the files after a failure. */
  async abandon(): Promise<void> {
    await this.#names.abandon();
    await this.#removed.abandon();
  }

  async #twinNames(): Promise<ReadonlyMap<number, unknown>> {
    const names = new Map<number, unknown>();
    let number = 0;
    for await (const line of linesOf(join(this.#folder, "names.jsonl"))) {
      if (this.#twins.has(number)) names.set(number, JSON.parse(line));
      number++;
    }
    return names;
  }
}

function linesOf(path: string): AsyncGenerator<string> {
  return lines(decode(createReadStream(path), { invalidSequences: 0 }));
}

function jsonLine(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
