import type { PreTokenizerName } from "../text/split-patterns.ts";
import { preTokenizerJson } from "../text/split-patterns.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { tokenizerFromJson } from "../text/tokenizer-file.ts";
import type { GgufMetadata } from "./metadata.ts";

/** Names of rules in files, and what follows from them where no key says it. */
const rules: Readonly<
  Record<string, { cut: PreTokenizerName; takesWholeWords?: true; addsBos?: true }>
> = {
  "gpt-2": { cut: "gpt2" },
  smollm: { cut: "smollm" },
  qwen2: { cut: "qwen2" },
  "llama-bpe": { cut: "llama3", takesWholeWords: true, addsBos: true },
  "llama-v3": { cut: "llama3", takesWholeWords: true, addsBos: true },
  llama3: { cut: "llama3", takesWholeWords: true, addsBos: true },
  tekken: { cut: "tekken", takesWholeWords: true, addsBos: true },
};

/** Kinds of tokens. @see llama.h, enum llama_token_type */
const tokenTypes = { control: 3, userDefined: 4, unused: 5 } as const;

const idKeys = ["bos", "eos", "eot", "unknown", "padding"] as const;

/**
 * The tokenizer of a file's keys.
 *
 * @throws {CheckpointError} naming the key, when it is missing or of another family
 * @throws {DataError} when vocabulary and merges do not fit
 * @see llama.cpp, llama-vocab.cpp
 */
export function ggufTokenizer(metadata: GgufMetadata): Tokenizer {
  if (metadata.text("tokenizer.ggml.model") !== "gpt2") {
    throw metadata.refused("tokenizer.ggml.model", "gpt2, which is byte-level BPE");
  }
  const rule = rules[metadata.text("tokenizer.ggml.pre")];
  if (rule === undefined) {
    throw metadata.refused("tokenizer.ggml.pre", `one of ${Object.keys(rules).join(", ")}`);
  }
  const tokens = metadata.texts("tokenizer.ggml.tokens");
  const types = metadata.numbers("tokenizer.ggml.token_type");
  if (types.length !== tokens.length) {
    throw metadata.refused("tokenizer.ggml.token_type", `an array of ${tokens.length}`);
  }
  const ids = specialIds(metadata, tokens.length);
  const addsBos = metadata.flag("tokenizer.ggml.add_bos_token", rule.addsBos === true);
  const spellings = Object.fromEntries(
    ids
      .filter(([name]) => name !== "eot")
      .map(([name, id]) => [`${tokenName(name)}_token`, tokens[id]!]),
  );
  const chatTemplate = metadata.optionalText("tokenizer.chat_template");
  const content = tokenizerJson(metadata, { tokens, types, ids, rule, addsBos });
  return tokenizerFromJson(content, metadata.path, {
    named: {
      spellings,
      addsBos,
      ends: ids.filter(([name]) => name === "eos" || name === "eot").map(([, id]) => id),
    },
    chatTemplate,
    content: {
      tokenizer_class: "PreTrainedTokenizerFast",
      ...spellings,
      add_bos_token: addsBos,
      clean_up_tokenization_spaces: false,
      ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
    },
    origin: metadata.path,
  });
}

type SpecialIds = readonly (readonly [(typeof idKeys)[number], number])[];

function specialIds(metadata: GgufMetadata, count: number): SpecialIds {
  return idKeys.flatMap((name) => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const id = metadata.optionalNumber(key);
    if (id === undefined) return [];
    if (!Number.isInteger(id) || id < 0 || id >= count) {
      throw metadata.refused(key, `an id from 0 to ${count - 1}`);
    }
    return [[name, id] as const];
  });
}

function tokenName(name: string): string {
  return name === "padding" ? "pad" : name === "unknown" ? "unk" : name;
}

interface Parts {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly ids: SpecialIds;
  readonly rule: (typeof rules)[string];
  readonly addsBos: boolean;
}

/** The content of `tokenizer.json`. */
function tokenizerJson(
  metadata: GgufMetadata,
  { tokens, types, ids, rule, addsBos }: Parts,
): object {
  const special = new Set(ids.map(([, id]) => id));
  const added = tokens.flatMap((content, id) => {
    const isSpecial = types[id] === tokenTypes.control || special.has(id);
    if (!isSpecial && types[id] !== tokenTypes.userDefined) return [];
    const exact = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...exact, special: isSpecial }];
  });
  const vocab = tokens.flatMap((text, id) =>
    types[id] === tokenTypes.unused ? [] : [[text, id] as const],
  );
  const { preTokenizer, normalizer } = preTokenizerJson(rule.cut);
  const bos = ids.find(([name]) => name === "bos")?.[1];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: addsBos && bos !== undefined ? startingWith(tokens[bos]!, bos) : null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: rule.takesWholeWords === true,
      vocab: Object.fromEntries(vocab),
      merges: metadata.texts("tokenizer.ggml.merges"),
    },
  };
}

/** What puts a token before every text. */
function startingWith(text: string, id: number): object {
  const start = { SpecialToken: { id: text, type_id: 0 } };
  const first = { Sequence: { id: "A", type_id: 0 } };
  return {
    type: "TemplateProcessing",
    single: [start, first],
    pair: [start, first, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { [text]: { id: text, ids: [id], tokens: [text] } },
  };
}
