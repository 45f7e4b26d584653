import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { ConfigError } from "../../errors.ts";
import { nearestNames } from "./nearest-names.ts";

/** The kinds of entries that a registry has, each a folder of YAML files. */
export const registryKinds = [
  "evals",
  "completion_fns",
  "solvers",
  "modelgraded",
  "eval_sets",
] as const;

/** A kind of entries. */
export type RegistryKind = (typeof registryKinds)[number];

/** An entry of a registry. */
export interface RegistryEntry {
  readonly name: string;
  /** The registry's folder that it stands in. */
  readonly folder: string;
  /** The file's name up to its first dot. */
  readonly group: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An evaluation as the registry has it: a class and its arguments. */
export interface EvalSpec {
  /** The concrete name, such as `test-match.s1.simple-v0`. */
  readonly key: string;
  /** The part of the name before the first dot, and the one behind it. */
  readonly base: string;
  readonly split: string;
  readonly cls: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly folder: string;
  readonly group: string;
}

/** Field names that the loader sets itself. */
const reserved = ["key", "group", "cls"];

/**
 * Registries of OpenAI Evals: folders with `evals/`, `modelgraded/`, `completion_fns/`, `solvers/` and
 * `eval_sets/` of YAML files, and their data. A kind is read when it is first asked for.
 */
export class Registry {
  readonly folders: readonly string[];
  readonly #entries = new Map<RegistryKind, Promise<ReadonlyMap<string, RegistryEntry>>>();

  /** @throws {ConfigError} when a folder does not exist */
  constructor(folders: readonly string[]) {
    const missing = folders.find((folder) => !existsSync(folder));
    if (missing !== undefined) {
      throw new ConfigError(
        `--registry ${missing}: found nothing there; give the folder that holds evals/ and data/`,
      );
    }
    this.folders = folders;
  }

  /**
   * All entries of a kind.
   *
   * @throws {ConfigError} when YAML is broken, a name stands there twice or a field has a reserved name
   */
  entries(kind: RegistryKind): Promise<ReadonlyMap<string, RegistryEntry>> {
    const known = this.#entries.get(kind) ?? readKind(this.folders, kind);
    this.#entries.set(kind, known);
    return known;
  }

  /**
   * One entry.
   *
   * @throws {ConfigError} naming the nearest names when there is none
   */
  async entry(kind: RegistryKind, name: string): Promise<RegistryEntry> {
    const entries = await this.entries(kind);
    const found = entries.get(name);
    if (found !== undefined) return found;
    const near = nearestNames(name, [...entries.keys()]);
    const help = near.length === 0 ? "the registry has none" : `near are ${near.join(", ")}`;
    throw new ConfigError(`${kind}: no entry "${name}"; ${help}`);
  }

  /**
   * The evaluation of a name, through its aliases.
   *
   * @throws {ConfigError} when there is none, aliases go in a circle, or it has no class
   */
  async evalSpec(name: string): Promise<EvalSpec> {
    const passed = new Set<string>();
    let entry = await this.entry("evals", name);
    while (typeof entry.fields["id"] === "string") {
      if (passed.has(entry.name)) {
        throw new ConfigError(`evals: the alias "${name}" leads back to itself`);
      }
      passed.add(entry.name);
      entry = await this.#target(entry, entry.fields["id"]);
    }
    const { class: cls, args = {} } = entry.fields;
    const [base, split] = entry.name.split(".");
    if (typeof cls !== "string" || split === undefined) {
      throw new ConfigError(
        `evals: "${entry.name}" (${entry.group}.yaml): expected a name with a dot and a class, got ${JSON.stringify(cls)}`,
      );
    }
    return {
      ...{ key: entry.name, base: base!, split, cls },
      args: args as Readonly<Record<string, unknown>>,
      ...{ folder: entry.folder, group: entry.group },
    };
  }

  async #target({ name, group }: RegistryEntry, id: string): Promise<RegistryEntry> {
    try {
      return await this.entry("evals", id);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      throw new ConfigError(`${cause.message}; "${name}" (${group}.yaml) stands for it`, { cause });
    }
  }

  /** The names of the evaluations that a set's patterns choose, concrete, in the patterns' order. */
  async evalSet(name: string): Promise<readonly string[]> {
    const { fields } = await this.entry("eval_sets", name);
    const patterns = fields["evals"];
    if (!Array.isArray(patterns)) {
      throw new ConfigError(`eval_sets: "${name}": expected a list evals, got ${typeof patterns}`);
    }
    const names = [...(await this.entries("evals")).keys()];
    const chosen = new Set<string>();
    for (const pattern of patterns) {
      for (const one of names.filter((candidate) => matchesPattern(candidate, String(pattern)))) {
        chosen.add((await this.evalSpec(one)).key);
      }
    }
    if (chosen.size > 0) return [...chosen];
    throw new ConfigError(
      `eval_sets: "${name}": no evaluation of the registry is like ${patterns.join(", ")}; see eval list`,
    );
  }
}

/** Whether a whole name is like a pattern, in which `*` stands for anything. */
export function matchesPattern(name: string, pattern: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source}$`, "su").test(name);
}

async function readKind(
  folders: readonly string[],
  kind: RegistryKind,
): Promise<ReadonlyMap<string, RegistryEntry>> {
  const entries = new Map<string, RegistryEntry>();
  const places = new Map<string, string>();
  for (const folder of folders) {
    for (const path of await yamlFiles(join(folder, kind))) {
      for (const entry of await readFileEntries(path, folder)) {
        const before = places.get(entry.name);
        if (before !== undefined) {
          throw new ConfigError(
            `${path}: "${entry.name}" is defined in ${before} already; rename one, or give one registry only`,
          );
        }
        places.set(entry.name, path);
        entries.set(entry.name, entry);
      }
    }
  }
  return entries;
}

/** The YAML files of a kind: those of its folder, or one file of that name. */
async function yamlFiles(place: string): Promise<string[]> {
  if (existsSync(`${place}.yaml`)) return [`${place}.yaml`];
  if (!existsSync(place)) return [];
  const names = await readdir(place);
  return names
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => join(place, name));
}

async function readFileEntries(path: string, folder: string): Promise<RegistryEntry[]> {
  const document = parsedYaml(path, await readFile(path, "utf8"));
  if (typeof document !== "object" || document === null || Array.isArray(document)) return [];
  const [group = ""] = basename(path).split(".");
  return Object.entries(document).map(([name, fields]) => {
    if (typeof fields !== "object" || fields === null) {
      throw new ConfigError(`${path}: "${name}": expected fields, got ${JSON.stringify(fields)}`);
    }
    const taken = reserved.find((field) => Object.hasOwn(fields, field));
    if (taken !== undefined) {
      throw new ConfigError(`${path}: "${name}": the field ${taken} is reserved; rename it`);
    }
    return { name, folder, group, fields: fields as Record<string, unknown> };
  });
}

/** Of equal keys the last one holds, as in the files of the original registry. */
function parsedYaml(path: string, text: string): unknown {
  try {
    return parse(text, { uniqueKeys: false });
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
