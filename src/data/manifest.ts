import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../errors.ts";

const perSplit = z.object({ train: z.number(), validation: z.number(), heldout: z.number() });

const sourceManifestSchema = z.object({
  name: z.string(),
  loss: z.string(),
  weight: z.number().describe("share of the training windows, all sources sum to 1"),
  heldoutOnly: z.boolean(),
  isGenerated: z.boolean().describe("made by a program, its test questions apart"),
  licence: z.string(),
  origin: z.string(),
  /** Of the tarball, as npm writes it; null for other kinds of sources. */
  integrity: z.string().nullable(),
  documents: perSplit,
  bytes: perSplit.describe("UTF-8 bytes of the documents' text"),
  tokens: perSplit,
  images: perSplit.describe("images among the tokens; one that stands twice counts twice"),
  duplicates: z.number(),
  nearDuplicates: z.number(),
  contaminated: z.number().describe("training documents removed for an evaluation item in them"),
  broken: z.number(),
  brokenItems: z.array(z.object({ item: z.string(), reason: z.string() })).readonly(),
  invalidSequences: z.number(),
  skipped: z.number(),
});

const lossManifestSchema = z.object({
  name: z.string(),
  weight: z.number().describe("in the total loss; all losses sum to 1"),
  sources: z.array(z.string()).describe("the sources whose held-out text measures it"),
});

const manifestSchema = z.object({
  version: z.literal(4),
  name: z.string(),
  recipeHash: z.string(),
  hash: z.string().describe("sha-256 over the recipe's hash and every file's hash"),
  fingerprint: z.string().describe("of the sources as they lay on disk; not part of the hash"),
  tokenizer: z.object({ kind: z.enum(["bpe", "byte"]), vocabSize: z.number() }),
  sources: z.array(sourceManifestSchema),
  losses: z.array(lossManifestSchema),
  longestImageSide: z.number().describe("pixels of the longer side of images"),
  tasks: z.array(z.string()),
  contamination: z
    .object({ items: z.number(), sets: z.record(z.string(), z.number()) })
    .describe("evaluation items that training text was searched for"),
  files: z.record(z.string(), z.string()).describe("sha-256 of each file, by path"),
});

/** What a built data set contains and where it came from: its `manifest.json`. */
export type Manifest = z.output<typeof manifestSchema>;

/** The part of the manifest about one source; counts are per split. */
export type SourceManifest = z.output<typeof sourceManifestSchema>;

/** A loss: which held-out sets measure it, and its weight in the total. */
export type LossManifest = z.output<typeof lossManifestSchema>;

/**
 * Reads a data set's manifest.
 *
 * @throws {DataError} when the folder is not a data set, or one of another version
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, "manifest.json");
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new DataError(
      `data set ${folder}: expected a readable manifest.json, got ${(cause as Error).message}; build it with \`foretoken data build RECIPE\``,
      { cause },
    );
  }
  const parsed = manifestSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new DataError(
    `data set ${folder}: manifest.json is not of this version (${issue.path.join(".")}: ${issue.message}); build it again with \`foretoken data build RECIPE\``,
  );
}

/** Pixels of the longer side of training images; undefined where there are none. */
export function imageSideOf({
  sources,
  longestImageSide,
}: Pick<Manifest, "sources" | "longestImageSide">): number | undefined {
  return sources.some(({ images }) => images.train > 0) ? longestImageSide : undefined;
}

/**
 * The losses of a data set. Sources that are only measured decide their loss alone; where a loss
 * has none, the held-out parts of all its sources measure it. Weights are those of training, so a
 * loss that nothing is trained for has weight 0: reported, not part of the total.
 */
export function lossesOf(
  sources: readonly Pick<
    SourceManifest,
    "name" | "loss" | "weight" | "heldoutOnly" | "documents"
  >[],
): LossManifest[] {
  const names = [...new Set(sources.map(({ loss }) => loss))];
  const weightOf = (loss: string) =>
    sources.filter((source) => source.loss === loss).reduce((sum, { weight }) => sum + weight, 0);
  const total = names.reduce((sum, loss) => sum + weightOf(loss), 0);
  return names.map((loss) => {
    const all = sources.filter((source) => source.loss === loss && source.documents.heldout > 0);
    const pinned = all.filter(({ heldoutOnly }) => heldoutOnly);
    const measured = pinned.length > 0 ? pinned : all;
    return {
      name: loss,
      weight: weightOf(loss) / total,
      sources: measured.map(({ name }) => name),
    };
  });
}
