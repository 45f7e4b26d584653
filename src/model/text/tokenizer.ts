import { BytePairTokenizer } from "./byte-pair-tokenizer.ts";
import { chatTemplate } from "./chat.ts";
import type { ChatForm } from "./chat-template.ts";
import {
  type SpecialTokens,
  specialTokens,
  specialTokenTexts,
  type TokenUse,
} from "./special-tokens.ts";
import type { TokenBuffer } from "./token-buffer.ts";
import { tokenizerJson } from "./tokenizer-json.ts";
import { type Merge, ownVocabulary } from "./vocabulary.ts";

/** Turns text or any bytes into token ids and back; ids lie in [0, vocabSize). */
export interface Tokenizer extends TokenUse {
  readonly kind: "bpe" | "byte";
  readonly vocabSize: number;
  /** How conversations are written. */
  readonly chat: ChatForm;
  /** In order of rank. */
  readonly merges: readonly Merge[];
  /**
   * The ids of `text`, nothing added before or behind. Unpaired surrogates become U+FFFD.
   *
   * @param options.parseSpecial - read `<s>`, `<|im_start|>` and so on as their token; by default
   * they are text like any other, so that a document cannot forge a turn
   */
  encode(text: string, options?: { readonly parseSpecial?: boolean }): number[];
  /** As `encode` with special tokens left as text, appended to `output`: for much text. */
  encodeInto(text: string, output: TokenBuffer): void;
  /** `text` cut at its special tokens: their ids, and the texts between, before and behind. */
  splitSpecial(text: string): (number | string)[];
  /**
   * The ids of any bytes, UTF-8 or not; `decodeBytes` gives exactly these bytes back. Vocabularies
   * of others may lack bytes: as in transformers, `encode` and this leave them out.
   */
  encodeBytes(bytes: Uint8Array): number[];
  /**
   * The text of ids; bytes that are not UTF-8 become U+FFFD.
   *
   * @throws {DataError} on an id outside the vocabulary
   */
  decode(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** The bytes of ids; special tokens give their spelling. @throws {DataError} as `decode` */
  decodeBytes(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): Uint8Array;
  /** The content of `tokenizer.json`, from which Hugging Face's tokenizers gives the same ids. */
  toJSON(): object;
  /** The content of `tokenizer_config.json`, with the chat template. */
  configJson(): object;
}

/** A tokenizer of the family that foretoken trains: it has every special token, at the same id. */
export interface OwnTokenizer extends Tokenizer {
  readonly special: SpecialTokens;
}

const tokens = {
  bos_token: specialTokenTexts[specialTokens.bos]!,
  eos_token: specialTokenTexts[specialTokens.eos]!,
  pad_token: specialTokenTexts[specialTokens.pad]!,
};

/**
 * A tokenizer of the family that foretoken trains.
 *
 * @param merges - in order of rank; each joins two byte tokens or tokens of merges before it
 */
export function ownTokenizer(merges: readonly Merge[]): OwnTokenizer {
  const vocabulary = ownVocabulary(merges);
  return new BytePairTokenizer(vocabulary, {
    chat: { template: chatTemplate, start: vocabulary.documentStart, tokens, origin: "foretoken" },
    json: () => tokenizerJson(vocabulary.tokenBytes, merges),
    configJson: () => ({
      tokenizer_class: "PreTrainedTokenizerFast",
      ...tokens,
      clean_up_tokenization_spaces: false,
      chat_template: chatTemplate,
    }),
  });
}

/** A tokenizer without merges: one token a byte, `vocabSize` 266. */
export function byteTokenizer(): OwnTokenizer {
  return ownTokenizer([]);
}

/** Whether a tokenizer is of the family that foretoken trains. */
export function isOwnTokenizer(tokenizer: Tokenizer): tokenizer is OwnTokenizer {
  return tokenizer.special === specialTokens;
}
