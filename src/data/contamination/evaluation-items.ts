import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../errors.ts";
import { testItems } from "../primer/test-items.ts";
import type { Recipe } from "../recipe.ts";
import { readChunks } from "../sources/folder.ts";
import { lines } from "../sources/lines.ts";
import { decode } from "../steps/decode.ts";
import type { EvaluationItem } from "./contamination-index.ts";
import { evaluationRecord, promptText } from "./evaluation-record.ts";

const evaluationFile = /\.jsonl(\.gz)?$/;

/** Where a workspace's evaluation items come from. */
export interface EvaluationPlaces {
  /** Its generated sources' own test questions. */
  readonly recipe: Pick<Recipe, "sources" | "seed" | "testItems" | "baseFolder">;
  /** Files, or folders of files, of JSON Lines (`.jsonl`, `.jsonl.gz`); relative to the recipe. */
  readonly paths: readonly string[];
  /** The built data sets, whose `tasks/*.jsonl` are read; it need not exist. */
  readonly datasetsFolder: string;
}

/**
 * The evaluation items that a workspace knows, in a fixed order: the recipe's own test questions,
 * those of the given files, those of the data sets that are built. Sets are named `arithmetic`, by
 * the path as given (`benchmarks/gsm8k/test`), and `<data set>/arithmetic`.
 *
 * @throws {DataError} when a path cannot be read or holds no item, or a line is none (with its
 * number)
 */
export async function* evaluationItems(places: EvaluationPlaces): AsyncGenerator<EvaluationItem> {
  yield* ownItems(places.recipe);
  for (const path of places.paths) yield* givenItems(path, places.recipe.baseFolder);
  yield* builtItems(places.datasetsFolder);
}

function* ownItems({
  sources,
  seed,
  testItems: perLevel,
}: EvaluationPlaces["recipe"]): Generator<EvaluationItem> {
  const tasks = sources.flatMap(({ from }) => (from.kind === "primer" ? [from.task] : []));
  for (const task of new Set(tasks)) {
    for (const { id, prompt, answer } of testItems(task, { seed, perLevel })) {
      yield { set: task, id, text: promptText({ prompt, answer }) };
    }
  }
}

async function* givenItems(path: string, baseFolder: string): AsyncGenerator<EvaluationItem> {
  const root = resolve(baseFolder, path);
  let items = 0;
  for (const file of await filesAt(root)) {
    const set = file === "" ? path : `${path.replace(/\/+$/, "")}/${file}`;
    for await (const item of fileItems(join(root, file), set.replace(evaluationFile, ""))) {
      items++;
      yield item;
    }
  }
  if (items > 0) return;
  throw new DataError(
    `contamination: expected at least one evaluation item, found none at ${root}; name a .jsonl or .jsonl.gz file with lines, or a folder that has some`,
  );
}

/** The evaluation files below a folder, as sorted paths with `/`; "" for a file itself. */
async function filesAt(root: string): Promise<string[]> {
  try {
    if (!(await stat(root)).isDirectory()) return [""];
    const found = await readdir(root, { recursive: true });
    return found
      .map((path) => path.split(sep).join("/"))
      .filter((path) => evaluationFile.test(path) && !/(^|\/)\./.test(path))
      .sort();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      `contamination: expected a readable file or folder, got ${code} at ${root}; check the recipe's "contamination"`,
      { cause },
    );
  }
}

async function* builtItems(datasetsFolder: string): AsyncGenerator<EvaluationItem> {
  for (const dataset of (await entriesOf(datasetsFolder)).filter((name) => !name.startsWith("."))) {
    const folder = join(datasetsFolder, dataset, "tasks");
    for (const file of (await entriesOf(folder)).filter((name) => name.endsWith(".jsonl"))) {
      yield* fileItems(join(folder, file), `${dataset}/${basename(file, ".jsonl")}`);
    }
  }
}

/** Sorted names; none when there is no such folder. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new DataError(`contamination: expected a readable folder, got ${code} at ${folder}`, {
      cause: error,
    });
  }
}

async function* fileItems(path: string, set: string): AsyncGenerator<EvaluationItem> {
  let number = 0;
  for await (const line of lines(decode(bytesOf(path), { invalidSequences: 0 }))) {
    number++;
    if (line.trim() === "") continue;
    const item = evaluationRecord(line, { set, path, line: number });
    if (item !== undefined) yield item;
  }
}

/** A file's bytes, unpacked when its name ends in `.gz`. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const packed = readChunks(path, "contamination");
  if (!path.endsWith(".gz")) {
    yield* packed;
    return;
  }
  const unpacking = pipeline(packed, createGunzip(), () => undefined); // errors reach the reader
  try {
    for await (const chunk of unpacking) yield chunk as Uint8Array;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(
      `contamination: expected a whole gzip file, got "${(cause as Error).message}" at ${path}; fetch it again`,
      { cause },
    );
  }
}
