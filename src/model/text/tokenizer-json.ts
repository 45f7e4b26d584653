import { printableBytes } from "./byte-alphabet.ts";
import { firstByteToken, specialTokenTexts } from "./special-tokens.ts";

/**
 * The content of Hugging Face's `tokenizer.json` for a vocabulary.
 *
 * @param tokenBytes - the bytes of every token by id, special tokens first
 * @param merges - pairs of ids in order of rank
 */
export function tokenizerJson(
  tokenBytes: readonly Uint8Array[],
  merges: readonly (readonly [number, number])[],
): object {
  const texts = tokenBytes.map((bytes, id) => specialTokenTexts[id] ?? printableBytes(bytes));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: texts.slice(0, firstByteToken).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(texts.map((text, id) => [text, id])),
      merges: merges.map(([left, right]) => [texts[left], texts[right]]),
    },
  };
}

/** The rule of `pre-tokenizer.ts` in Hugging Face's words. */
const preTokenizer = {
  type: "Sequence",
  pretokenizers: [
    { type: "Digits", individual_digits: true },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  ],
};
