import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hardTexts } from "../src/model/text/hard-texts.fixture.ts";
import { Random } from "../src/statistics/random.ts";

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
const digits = { type: "Digits", individual_digits: true };
const lastAlternatives = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const notLetter = String.raw`[^\r\n\p{L}\p{N}]?`;

/** The rule of a family that cuts words by a pattern. */
function split(pattern: string): object {
  return {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
      { ...byteLevel, use_regex: false },
    ],
  };
}

/** A family of tokenizers, as `foreign_tokenizers.py` makes one. */
export interface Family {
  readonly name: string;
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  readonly ignoreMerges: boolean;
  /** Merges as converters from tiktoken write them: several make the same token. */
  readonly allSplits: boolean;
  readonly special: readonly string[];
  /** Added tokens that decoding without special tokens keeps. */
  readonly plain: readonly string[];
  /** The first special token begins a document. */
  readonly bosInTemplate: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  readonly chatTemplate: string | null;
}

const base = {
  ...{ normalizer: null, ignoreMerges: false, allSplits: false, plain: [], bosInTemplate: false },
};

/** The families that are read, in the settings that public models have. */
export const families: readonly Family[] = [
  {
    ...base,
    name: "gpt2",
    preTokenizer: { ...byteLevel, use_regex: true },
    special: ["<|endoftext|>"],
    config: { bos_token: "<|endoftext|>", eos_token: "<|endoftext|>" },
    chatTemplate: null,
  },
  {
    ...base,
    name: "smollm",
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [digits, { ...byteLevel, use_regex: true }],
    },
    special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    config: { bos_token: "<|im_start|>", eos_token: "<|im_end|>" },
    chatTemplate:
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  },
  {
    ...base,
    name: "llama3",
    preTokenizer: split(
      String.raw`${contractions}|${notLetter}\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${lastAlternatives}`,
    ),
    ...{ ignoreMerges: true, allSplits: true, bosInTemplate: true },
    special: [
      "<|begin_of_text|>",
      "<|end_of_text|>",
      "<|start_header_id|>",
      "<|end_header_id|>",
      "<|eot_id|>",
    ],
    config: {
      bos_token: "<|begin_of_text|>",
      eos_token: { __type: "AddedToken", content: "<|end_of_text|>" },
    },
    chatTemplate:
      "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  },
  {
    ...base,
    name: "qwen2",
    normalizer: { type: "NFC" },
    preTokenizer: split(
      String.raw`${contractions}|${notLetter}\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|${lastAlternatives}`,
    ),
    special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    plain: ["<tool_call>", "</tool_call>", "<think>", "</think>"],
    config: { bos_token: null, eos_token: "<|im_end|>", pad_token: "<|endoftext|>" },
    chatTemplate: `{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == "assistant" and '</think>' in content %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {%- if message.role != "system" or not loop.first %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`,
  },
  {
    ...base,
    name: "tekken",
    preTokenizer: split(
      String.raw`${notLetter}${upper}*${lower}+|${notLetter}${upper}+${lower}*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${lastAlternatives}`,
    ),
    ...{ allSplits: true, bosInTemplate: true },
    special: ["<s>", "</s>", "[INST]", "[/INST]", "[IMG]", "[IMG_BREAK]", "[IMG_END]", "<pad>"],
    config: { bos_token: "<s>", eos_token: "</s>", pad_token: "<pad>", add_bos_token: true },
    chatTemplate: `{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('conversation roles must alternate user/assistant') }}
    {%- endif %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST]" + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST]" + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- else %}
        {{- message["content"] + eos_token }}
    {%- endif %}
{%- endfor %}`,
  },
];

/** Tokens that the families have before their special ones. */
export const learnedTokens = 600;

const corpus = Array(3).fill(
  `the cat's mat; they'll say IT'S that thing 123 456 7890. ${hardTexts.join(" ")}\n`,
);
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const pieces = [
  ...["a", "b", "Z", "É", "ǅ", "ʰ", "ª", "你", "\u0301", "ſ", "s", "S", "T", "re", "LL", "D", "'"],
  ...[" ", "  ", "\n", "\r\n", "\t", "\u0085", "\u00a0", "\ufeff", "\u3000", "\u200d"],
  ...["1", "23", "½", "٣", "!", "/", "-", ".", "🦁", "_", "<"],
];
const random = new Random(1);

/** Texts whose words are compared: known ones, and twelve pieces at random. */
export const cutTexts: readonly string[] = [
  ...hardTexts,
  ...Array.from({ length: 2000 }, () =>
    Array.from({ length: 12 }, () => pieces[random.integer(pieces.length)]).join(""),
  ),
];

/** What the templates are asked to write. */
export const conversations = [
  [user("Hello, what is 12 + 34?")],
  [
    { role: "system", content: "Be brief." },
    user("  two\n\nlines\n"),
    assistant("ok"),
    user("你好"),
  ],
  [user("why?"), assistant("<think>\nhm\n</think>\n\nbecause"), user("and then?")],
  [user("one"), user("two")],
];

/** What transformers makes of `hardTexts` and `conversations`. */
export interface Answer {
  readonly parsed: number[][];
  readonly literal: number[][];
  readonly whole: number[][];
  readonly decoded: string[];
  readonly skipped: string[];
  /** Of `cutTexts`, in GPT-2's alphabet of bytes. */
  readonly words: string[][];
  readonly size: number;
  readonly chats: (number[] | null)[];
}

/**
 * Makes the families' tokenizers, a folder each by its name.
 *
 * @param options - `ggufPath`: whose tokenizer is to be made the folder `gguf`
 * @returns by name, what transformers makes of it
 */
export function makeTokenizers(
  python: string,
  folder: string,
  options: { readonly families: readonly Family[]; readonly ggufPath?: string | undefined },
): Readonly<Record<string, Answer>> {
  const script = fileURLToPath(new URL("./python/foreign_tokenizers.py", import.meta.url));
  const { families: made, ggufPath } = options;
  const argv = [script, folder, ...(ggufPath === undefined ? [] : [ggufPath])];
  const { stdout, stderr, status } = spawnSync(python, argv, {
    encoding: "utf8",
    maxBuffer: 1e8,
    input: JSON.stringify({
      families: made,
      vocabSize: learnedTokens,
      corpus,
      texts: hardTexts,
      cutTexts,
      conversations,
    }),
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
