import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { errorCode } from "../workspace/atomic-file.ts";
import { openSafetensors, type SafetensorsReader } from "./safetensors.ts";

const singleFile = "model.safetensors";
const indexFile = "model.safetensors.index.json";

/** The weights of a Hugging Face folder, in one file or in several. */
export interface WeightFiles extends Pick<SafetensorsReader, "entries" | "read" | "close"> {
  /** The file, or the index of several, for messages. */
  readonly path: string;
  /** Names in the folder, in the order of the index. */
  readonly files: readonly string[];
}

/**
 * Opens `model.safetensors`, else the files that `model.safetensors.index.json` names; the order
 * is that of transformers.
 *
 * @throws {CheckpointError} when there is neither, the index is broken or names a file that is not
 *   there or does not hold its tensors, or a file is broken
 */
export async function openWeightFiles(folder: string): Promise<WeightFiles> {
  const path = join(folder, singleFile);
  try {
    return { path, files: [singleFile], ...(await openSafetensors(path)) };
  } catch (error) {
    if (!(error instanceof Error) || errorCode(error.cause) !== "ENOENT") throw error;
  }
  return openSharded(folder, await readIndex(folder));
}

async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, indexFile);
  try {
    return parseIndex(path, await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(
      errorCode(error) === "ENOENT"
        ? `${folder}: ${singleFile} is missing, and so is ${indexFile}; weights in another format ` +
            "(pytorch_model.bin) must be saved as safetensors first"
        : `${path}: cannot be read (${errorCode(error) ?? error})`,
      { cause: error },
    );
  }
}

const index = z.looseObject({
  // A path would leave the folder.
  weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+\.safetensors$/)),
});

/** The file of every tensor. */
function parseIndex(path: string, text: string): ReadonlyMap<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new CheckpointError(`${path}: not JSON; the file is damaged, copy it again`, {
      cause: error,
    });
  }
  const parsed = index.safeParse(content);
  if (parsed.success) return new Map(Object.entries(parsed.data.weight_map));
  throw new CheckpointError(
    `${path}: expected a weight_map of tensors to safetensors files of this folder, but\n` +
      `${z.prettifyError(parsed.error)}; copy the file again`,
    { cause: parsed.error },
  );
}

async function openSharded(
  folder: string,
  fileOf: ReadonlyMap<string, string>,
): Promise<WeightFiles> {
  const path = join(folder, indexFile);
  const readers = new Map<string, SafetensorsReader>();
  const close = async () => {
    for (const reader of readers.values()) await reader.close();
  };
  try {
    for (const file of new Set(fileOf.values())) {
      readers.set(file, await openSafetensors(join(folder, file)));
    }
    checkIndex(path, fileOf, readers);
  } catch (error) {
    await close();
    throw error;
  }
  const entries = new Map([...readers.values()].flatMap((reader) => [...reader.entries]));
  const read = (name: string) => {
    const reader = readers.get(fileOf.get(name) ?? "");
    if (reader === undefined) throw new CheckpointError(`${path}: has no tensor ${name}`);
    return reader.read(name);
  };
  return { path, files: [...readers.keys()], entries, read, close };
}

/** Files and index must tell of the same tensors, or files of two models were mixed. */
function checkIndex(
  path: string,
  fileOf: ReadonlyMap<string, string>,
  readers: ReadonlyMap<string, SafetensorsReader>,
): void {
  const faults: string[] = [];
  for (const [name, file] of fileOf) {
    if (readers.get(file)?.entries.has(name) !== true) faults.push(`${file} has no ${name}`);
  }
  for (const [file, { entries }] of readers) {
    for (const name of entries.keys()) {
      if (fileOf.get(name) !== file) faults.push(`${file} has ${name}, the index does not say so`);
    }
  }
  if (faults.length === 0) return;
  throw new CheckpointError(
    `${path}: does not fit the files beside it: ${faults.slice(0, 20).join("; ")}` +
      `${faults.length > 20 ? `; and ${faults.length - 20} more` : ""}; copy the folder again`,
  );
}
