import { z } from "zod";

const llama3Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const lastAlternatives = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The rules by which byte-level tokenizers cut words, exactly as `tokenizer.json` has them. */
const splitPatterns = {
  gpt2: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  llama3: `${llama3Contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${lastAlternatives}`,
  qwen2: `${llama3Contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${lastAlternatives}`,
  tekken: `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${lastAlternatives}`,
} as const;

const knownPatterns: readonly string[] = Object.values(splitPatterns);

/** How a `tokenizer.json` cuts words; `pattern` undefined: by `wordEnd`. */
export interface WordCut {
  readonly pattern: RegExp | undefined;
}

const byteLevel = z.looseObject({
  type: z.literal("ByteLevel"),
  add_prefix_space: z.literal(false),
});
const byGpt2 = byteLevel.extend({ use_regex: z.literal(true).default(true) });
const bySplit = z.looseObject({
  type: z.literal("Split"),
  pattern: z.strictObject({ Regex: z.string().refine((text) => knownPatterns.includes(text)) }),
  // the patterns leave nothing between matches, so that both keep every word
  ...{ behavior: z.enum(["Isolated", "Removed"]), invert: z.boolean() },
});
const digits = z.looseObject({ type: z.literal("Digits"), individual_digits: z.literal(true) });
const sequence = <First extends z.ZodType, Last extends z.ZodType>(first: First, last: Last) =>
  z.looseObject({ type: z.literal("Sequence"), pretokenizers: z.tuple([first, last]) });

/** `pre_tokenizer` of a `tokenizer.json`: GPT-2's rule, digits apart and GPT-2's, or a known Split. */
export const wordCut = z.union([
  byGpt2.transform((): WordCut => ({ pattern: javascriptPattern(splitPatterns.gpt2) })),
  sequence(digits, byGpt2).transform((): WordCut => ({ pattern: undefined })),
  sequence(
    bySplit.refine(({ behavior, invert }) => (behavior === "Removed") === invert),
    byteLevel.extend({ use_regex: z.literal(false) }),
  ).transform(
    ({ pretokenizers: [{ pattern }] }): WordCut => ({ pattern: javascriptPattern(pattern.Regex) }),
  ),
]);

/**
 * The pattern in JavaScript, which counts U+FEFF as white space and leaves out U+0085, unlike
 * Oniguruma, and has no group that ignores case in Node 20 (U+017F is a lower-case S as well).
 */
function javascriptPattern(pattern: string): RegExp {
  const source = pattern
    .replace(llama3Contractions, "'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])")
    .replaceAll("\\s", "\\p{White_Space}")
    .replaceAll("\\S", "\\P{White_Space}");
  return new RegExp(source, "gu");
}

/** A rule by which words are cut, by its usual name. */
export type PreTokenizerName = keyof typeof splitPatterns | "smollm";

/**
 * `pre_tokenizer` and `normalizer` of a `tokenizer.json` whose words are cut by a rule, as
 * transformers has them for the family of that name.
 */
export function preTokenizerJson(name: PreTokenizerName): {
  readonly preTokenizer: object;
  readonly normalizer: object | null;
} {
  const level = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const both = (first: object, useRegex: boolean) => ({
    type: "Sequence",
    pretokenizers: [first, { ...level, use_regex: useRegex }],
  });
  if (name === "gpt2") return { preTokenizer: { ...level, use_regex: true }, normalizer: null };
  if (name === "smollm") {
    return {
      preTokenizer: both({ type: "Digits", individual_digits: true }, true),
      normalizer: null,
    };
  }
  const pattern = { Regex: splitPatterns[name] };
  return {
    preTokenizer: both({ type: "Split", pattern, behavior: "Isolated", invert: false }, false),
    normalizer: name === "qwen2" ? { type: "NFC" } : null,
  };
}
