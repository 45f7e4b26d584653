import { z } from "zod";
import { longestPixelSide, tokenSide } from "../model/image/geometry.ts";

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "small letters, digits and hyphens, because it names files");
const share = z.number().min(0).max(0.5);

const validation = share.describe("share of the documents looked at during training");
const heldout = share.describe("share of the documents that the reported loss is from");

const splitSchema = z
  .strictObject({ validation: validation.default(0.01), heldout: heldout.default(0.01) })
  .prefault({});

const sourceSchema = z.strictObject({
  name: name.describe("names the source's files"),
  weight: z.number().positive().default(1).describe("share of training windows, relative"),
  loss: name.default("text").describe("the loss that this source counts towards"),
  licence: z.string().min(1).describe("licence of the text"),
  origin: z.string().min(1).optional().describe("where the text comes from"),
  folder: z.string().optional().describe("folder of text, Markdown and code files"),
  include: z.array(z.string()).optional().describe("extensions taken from the folder"),
  markdownImages: z.boolean().optional().describe("read the local images of Markdown files"),
  jsonl: z.string().optional().describe("JSON Lines file of {text}, {text, images} or {messages}"),
  images: z.string().optional().describe("folder of images with captions"),
  captions: z
    .string()
    .optional()
    .describe("JSON Lines or CSV; without it, NAME.txt beside an image"),
  npm: z.string().optional().describe("NAME@VERSION, or a local tarball"),
  files: z.array(z.string()).optional().describe("globs in the package; a leading ! leaves out"),
  format: z
    .enum(["text", "wordnet", "messages", "emoji"])
    .optional()
    .describe("how the package's files are read"),
  integrity: z.string().startsWith("sha512-").optional().describe("of the package's tarball"),
  tarballBytes: z.int().positive().optional().describe("announced before the package is fetched"),
  names: z
    .string()
    .optional()
    .describe("emojis: NAME@VERSION with their names; else in the package"),
  namesIntegrity: z.string().startsWith("sha512-").optional().describe("of the tarball of names"),
  namesTarballBytes: z.int().positive().optional().describe("announced before names are fetched"),
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}(-[a-z]+)?$/, "a language such as en, zh or zh-hant"))
    .min(1)
    .optional()
    .describe("emojis: one caption in each"),
  primer: z
    .string()
    .optional()
    .describe("a generated part: arithmetic, sequences, functions, programs, facts, stories"),
  drawing: z.string().optional().describe("drawn images: shapes, charts, diagrams, digits"),
  maxBytes: z.int().positive().optional().describe("at most this much UTF-8 text is taken"),
  split: z
    .strictObject({ validation: validation.optional(), heldout: heldout.optional() })
    .prefault({})
    .describe("other shares than the recipe's; the same for all styles of one set of emojis"),
  heldoutOnly: z.boolean().default(false).describe("measured, never trained on"),
});

/** The YAML recipe of a data set, as people write it. */
export const recipeSchema = z.strictObject({
  name,
  tokenizer: z.enum(["bpe", "byte"]).default("bpe"),
  vocabSize: z
    .int()
    .min(267)
    .max(1 << 20)
    .default(1024),
  tokenizerSampleBytes: z.int().positive().default(8_000_000),
  seed: z.int().min(0).default(1).describe("of the generated parts"),
  split: splitSchema,
  nearDuplicates: z
    .union([z.literal(false), z.number().min(0.7).max(1)])
    .default(0.75)
    .describe("Jaccard similarity of word 5-grams from which a text is left out; false: none is"),
  nearDuplicateImages: z
    .union([z.literal(false), z.int().min(0).max(15)])
    .default(8)
    .describe("bits of 63 up to which an image counts as the same; false: only equal ones"),
  longestImageSide: z
    .int()
    .min(tokenSide)
    .max(longestPixelSide)
    .default(longestPixelSide)
    .describe("pixels of the longer side of images; larger ones are made smaller"),
  contamination: z
    .array(z.string())
    .default([])
    .describe("JSON Lines of evaluation items, or folders of them, kept out of training"),
  maxBrokenShare: z.number().min(0).max(1).default(0.05).describe("of a source's records"),
  testItems: z.int().min(0).default(100).describe("test questions per primer task and difficulty"),
  sources: z.array(sourceSchema).min(1),
});

/** A source as people write it: exactly one of `folder`, `jsonl`, `images`, `npm`,
 * `primer`, `drawing`. */
export type SourceInput = z.input<typeof sourceSchema>;

/** A recipe as people write it; `parseRecipe` makes a `Recipe` of it. */
export type RecipeInput = z.input<typeof recipeSchema>;

/** A source after defaults, before its kind is resolved. */
export type ParsedSource = z.output<typeof sourceSchema>;
