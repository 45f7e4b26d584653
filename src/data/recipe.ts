import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { ConfigError, DataError } from "../errors.ts";
import { nearestKey } from "./nearest-key.ts";
import { type ParsedSource, recipeSchema } from "./recipe-schema.ts";
import { type Origin, resolveOrigin } from "./source-origin.ts";

/** One source of a recipe, complete. */
export interface RecipeSource {
  readonly name: string;
  readonly weight: number;
  readonly loss: string;
  readonly licence: string;
  readonly origin: string;
  readonly from: Origin;
  /** UTF-8 bytes of text that are taken at most; Infinity when unlimited. */
  readonly maxBytes: number;
  readonly heldoutOnly: boolean;
  readonly split: SplitShares;
}

/** Shares of the documents in [0, 0.5]; the rest is trained on. */
export interface SplitShares {
  readonly validation: number;
  readonly heldout: number;
}

/** A data set's recipe, complete: what to read, and how it becomes tokens. */
export interface Recipe {
  readonly name: string;
  readonly tokenizer: "bpe" | "byte";
  readonly vocabSize: number;
  readonly tokenizerSampleBytes: number;
  readonly seed: number;
  /** Of sources that do not say otherwise. */
  readonly split: SplitShares;
  /** Jaccard similarity from which a text is a near duplicate; false: none is looked for. */
  readonly nearDuplicates: number | false;
  /** Bits of the perceptual hash up to which images are near duplicates. */
  readonly nearDuplicateImages: number | false;
  /** Pixels of the longer side of images at most; larger ones are made smaller. */
  readonly longestImageSide: number;
  /** Evaluation items to keep out of training: files or folders. */
  readonly contamination: readonly string[];
  /** Share of a source's records that may be broken before the build stops. */
  readonly maxBrokenShare: number;
  readonly testItems: number;
  readonly sources: readonly RecipeSource[];
  /** Relative paths start here; not part of the recipe's hash. */
  readonly baseFolder: string;
}

/**
 * Checks a recipe and fills its defaults.
 *
 * @param where - named in error messages, usually the file
 * @throws {ConfigError} naming the wrong key and the nearest known one
 */
export function parseRecipe(
  input: unknown,
  { where, baseFolder }: { where: string; baseFolder: string },
): Recipe {
  const parsed = recipeSchema.safeParse(input);
  if (!parsed.success) throw new ConfigError(`${where}: ${explain(parsed.error)}`);
  const { sources, ...rest } = parsed.data;
  requireDistinctNames(sources, where);
  return {
    ...rest,
    baseFolder,
    sources: sources.map((source) => resolveSource(source, rest.split, where)),
  };
}

/**
 * Reads a recipe's YAML file.
 *
 * @throws {DataError} when the file is missing or unreadable
 * @throws {ConfigError} when it is not YAML or not a recipe
 */
export async function loadRecipe(path: string): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new DataError(
      `recipe ${path}: expected a readable YAML file, got ${(cause as NodeJS.ErrnoException).code}; check the path`,
      { cause },
    );
  }
  return parseRecipe(parseYamlText(text, path), {
    where: path,
    baseFolder: dirname(resolve(path)),
  });
}

/** Sha-256 of everything in the recipe that shapes the data set; paths count as written. */
export function recipeHash(recipe: Recipe): string {
  const { baseFolder: _, ...content } = recipe;
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

function parseYamlText(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw new ConfigError(
      `${path}: expected YAML, got ${(cause as Error).message.split("\n")[0]}`,
      {
        cause,
      },
    );
  }
}

function resolveSource(source: ParsedSource, shares: SplitShares, where: string): RecipeSource {
  const { name, weight, loss, licence, heldoutOnly } = source;
  const from = resolveOrigin(source, where);
  const { validation = shares.validation, heldout = shares.heldout } = source.split;
  const described = { name, weight, loss, licence, heldoutOnly, split: { validation, heldout } };
  return { ...described, from, origin: source.origin ?? from.label, maxBytes: maxBytes(source) };
}

/** Generated text has no end, so it always has a limit. */
function maxBytes(source: ParsedSource): number {
  if (source.maxBytes !== undefined) return source.maxBytes;
  const isEndless = source.primer !== undefined || source.drawing !== undefined;
  return isEndless ? 1_000_000 : Number.POSITIVE_INFINITY;
}

function requireDistinctNames(sources: readonly ParsedSource[], where: string): void {
  const seen = new Set<string>();
  for (const { name } of sources) {
    if (seen.has(name)) {
      throw new ConfigError(`${where}: expected distinct source names, got "${name}" twice`);
    }
    seen.add(name);
  }
}

function explain(error: z.ZodError): string {
  const issue = error.issues[0]!;
  const at = issue.path.join(".") || "the recipe";
  if (issue.code !== "unrecognized_keys") return `${at}: ${issue.message}`;
  const key = issue.keys[0]!;
  const known = knownKeys(issue.path);
  const nearest = nearestKey(key, known);
  const fix =
    nearest === undefined ? `known keys: ${known.join(", ")}` : `did you mean "${nearest}"?`;
  return `${at}: unknown key "${key}"; ${fix}`;
}

/** The keys that the schema knows at a path of the recipe. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema = z.toJSONSchema(recipeSchema, { io: "input" }) as JsonSchema;
  for (const step of path) {
    schema = (typeof step === "number" ? schema.items : schema.properties?.[String(step)]) ?? {};
  }
  return Object.keys(schema.properties ?? {});
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}
