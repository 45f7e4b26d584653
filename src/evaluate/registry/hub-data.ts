import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, DataError } from "../../errors.ts";
import type { DataRow } from "./sample-file.ts";

/** Where data sets of the hub lie on this machine, and how their files are read. */
export interface HubFolder {
  /** Undefined: none was given. */
  readonly folder: string | undefined;
  /** The rows of a table: Parquet, JSON Lines or CSV. */
  readonly read: (path: string) => Promise<readonly DataRow[]>;
}

/** A part of a data set of the hub. */
export interface HubPart {
  /** As the evaluation names the data set. */
  readonly dataset: string;
  /** As the hub has it today, `owner/name`. */
  readonly hubName: string;
  /** The data set's configuration; undefined: it has one only. */
  readonly config: string | undefined;
  readonly split: string;
}

const extensions = ["parquet", "jsonl", "csv"] as const;

/**
 * The rows of a part of a data set, from `FOLDER/DATASET/` or `FOLDER/OWNER/NAME/`: in it, or in its
 * folder of the configuration or `data/`, either `SPLIT.parquet` (`.jsonl`, `.csv`), the hub's
 * `SPLIT-00000-of-00001.parquet`, all of them, or a folder `SPLIT/` with such files.
 *
 * @param where - the evaluation, for messages
 * @throws {ConfigError} when no folder was given
 * @throws {DataError} when the part is not there; the message says what to fetch and where to put it
 */
export async function readHubPart(
  where: string,
  part: HubPart,
  { folder, read }: HubFolder,
): Promise<DataRow[]> {
  const { dataset, hubName, split } = part;
  if (folder === undefined) {
    throw new ConfigError(`${where}: ${wanted(part, "DIR")} and give --data-dir DIR`);
  }
  const roots = [dataset, hubName].map((name) => join(folder, ...name.split("/")));
  for (const place of roots.flatMap((root) => placesOf(root, part.config))) {
    const files = await filesOf(place, split);
    if (files.length === 0) continue;
    return (await Promise.all(files.map(read))).flat();
  }
  throw new DataError(`${where}: found no part "${split}" of it; ${wanted(part, folder)}`);
}

function wanted({ dataset, hubName, config, split }: HubPart, folder: string): string {
  const file = `${split}-00000-of-00001.parquet`;
  const inside = join(config ?? "data", file);
  return `its data are of the hub: fetch ${inside} of https://huggingface.co/datasets/${hubName} and put it at ${join(folder, dataset, inside)}, or a table as ${join(folder, dataset, config ?? "", `${split}.jsonl`)}`;
}

/** Folders that may hold a configuration's files; without one they lie in the data set's own. */
function placesOf(root: string, config: string | undefined): string[] {
  if (config !== undefined) return [join(root, config), join(root, config, "data")];
  return [root, join(root, "data"), join(root, "default")];
}

async function filesOf(folder: string, split: string): Promise<string[]> {
  const whole = extensions.map((extension) => join(folder, `${split}.${extension}`));
  const found = whole.find((path) => existsSync(path));
  if (found !== undefined) return [found];
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  const shards = names.filter((name) => shardOf(name)?.split === split).sort();
  if (shards.length > 0) return shardPaths(folder, shards);
  return names.includes(split) ? [join(folder, split)] : [];
}

/** @throws {DataError} when some are missing */
function shardPaths(folder: string, shards: readonly string[]): string[] {
  const { count } = shardOf(shards[0]!)!;
  if (shards.length === count) return shards.map((name) => join(folder, name));
  throw new DataError(
    `${join(folder, shards[0]!)}: expected ${count} files of this kind beside each other, found ${shards.length}; fetch the others`,
  );
}

function shardOf(name: string): { readonly split: string; readonly count: number } | undefined {
  const [, split, count] = /^(.+)-\d{5}-of-(\d{5})\.(?:parquet|jsonl|csv)$/.exec(name) ?? [];
  return split === undefined ? undefined : { split, count: Number(count) };
}
