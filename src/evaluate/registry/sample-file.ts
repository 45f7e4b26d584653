import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { brokenJson } from "../../data/sources/broken-json.ts";
import { DataError } from "../../errors.ts";

/** A row of a data file. */
export type DataRow = Readonly<Record<string, unknown>>;

/** The first line of a file whose content Git LFS has not fetched. */
const pointerLine = "version https://git-lfs.github.com/spec/v1";

/**
 * The rows of a data file of a registry: JSON Lines, as they are or packed (`.gz`, `.zst`), or a folder of
 * such files. A path that exists from the current directory counts before the registry's data.
 *
 * @param folder - of the registry
 * @throws {DataError} when it is missing, a Git LFS pointer, or a line is no JSON object; the message
 *   names file, line and column
 */
export async function readSamples(
  path: string,
  { folder, directory }: { readonly folder: string; readonly directory: string },
): Promise<DataRow[]> {
  const own = resolve(directory, path);
  const place = existsSync(own) ? own : join(folder, "data", path);
  if (!existsSync(place) && /^\w+:\/\//.test(path)) {
    throw new DataError(
      `${path}: addresses are not fetched; download it, and name the file instead`,
    );
  }
  if (!existsSync(place)) {
    throw new DataError(`${path}: found neither ${own} nor ${place}; fetch the registry's data`);
  }
  if (!(await stat(place)).isDirectory()) return readFileRows(place);
  const names = (await readdir(place)).filter((name) => name.endsWith(".jsonl")).sort();
  return (await Promise.all(names.map((name) => readFileRows(join(place, name))))).flat();
}

async function readFileRows(path: string): Promise<DataRow[]> {
  const text = await readText(path);
  if (text.startsWith(pointerLine)) {
    throw new DataError(
      `${path}: a Git LFS pointer, not the data; run \`git lfs pull\` in the registry's repository`,
    );
  }
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => rowOf(line, `${path}, line ${i + 1}`));
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    return await unpacked(path, bytes);
  } catch (error) {
    throw new DataError(`${path}: cannot be unpacked: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function unpacked(path: string, bytes: Buffer): Promise<string> {
  if (path.endsWith(".gz")) return gunzipSync(bytes).toString("utf8");
  if (path.endsWith(".lz4"))
    throw new Error("lz4 is not read; unpack it, or pack it as .gz or .zst");
  if (!path.endsWith(".zst")) return bytes.toString("utf8");
  const { decompress } = await import("fzstd");
  return Buffer.from(decompress(bytes)).toString("utf8");
}

function rowOf(line: string, where: string): DataRow {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new DataError(`${where}: expected a JSON object; ${brokenJson(line, error)}`, {
      cause: error,
    });
  }
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as DataRow;
  throw new DataError(`${where}: expected an object, got ${JSON.stringify(row).slice(0, 60)}`);
}
