import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { printableBytes } from "./byte-alphabet.ts";
import { chatTemplate } from "./chat.ts";
import { firstByteToken, firstMergeToken, specialTokenTexts } from "./special-tokens.ts";
import type { Merge, Tokenizer } from "./tokenizer.ts";
import { BytePairTokenizer } from "./tokenizer.ts";

const tokenizerFile = z.looseObject({
  normalizer: z.null().optional(),
  pre_tokenizer: z.looseObject({
    type: z.literal("Sequence"),
    pretokenizers: z.tuple([
      z.looseObject({ type: z.literal("Digits"), individual_digits: z.literal(true) }),
      z.looseObject({
        type: z.literal("ByteLevel"),
        add_prefix_space: z.literal(false),
        use_regex: z.literal(true).default(true),
      }),
    ]),
  }),
  model: z.looseObject({
    type: z.literal("BPE"),
    vocab: z.record(z.string(), z.int().min(0)),
    merges: z.array(
      z.union([
        z.tuple([z.string(), z.string()]),
        // As older versions of Hugging Face's tokenizers wrote them.
        z
          .string()
          .regex(/^\S+ \S+$/)
          .transform((text) => text.split(" ") as [string, string]),
      ]),
    ),
  }),
});

const anyTokenizer = z.looseObject({
  normalizer: z.looseObject({ type: z.string() }).nullish(),
  pre_tokenizer: z
    .looseObject({
      type: z.string(),
      pretokenizers: z.array(z.looseObject({ type: z.string() })).optional(),
    })
    .nullish(),
  model: z.looseObject({ type: z.string() }),
});

/** The family of a tokenizer that is not read, such as "BPE, pre-tokenizer Split + ByteLevel". */
function describeFamily(content: unknown): string {
  const parsed = anyTokenizer.safeParse(content);
  if (!parsed.success) return "something that is no tokenizer.json";
  const { model, normalizer, pre_tokenizer: cut } = parsed.data;
  const parts = cut?.pretokenizers?.map(({ type }) => type) ?? [cut?.type ?? "none"];
  const normalised = normalizer ? `, normalizer ${normalizer.type}` : "";
  return `${model.type}${normalised}, pre-tokenizer ${parts.join(" + ")}`;
}

/**
 * Reads a tokenizer that `saveTokenizer` wrote.
 *
 * @param path - `tokenizer.json`, or the folder that holds it
 * @throws {DataError} when there is none, or it is broken or of another family
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const file = (await isFolder(path)) ? join(path, "tokenizer.json") : path;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new DataError(
      `${file}: expected a tokenizer, but it cannot be read (${reasonOf(cause)}); give the folder of a model or data set made by foretoken, or copy its tokenizer.json there`,
      { cause },
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      `${file}: expected JSON, but ${reasonOf(cause)}; the file is damaged, copy it again from where it was made`,
      { cause },
    );
  }
  return tokenizerFromJson(content, file);
}

/**
 * The tokenizer of a `tokenizer.json` content, the opposite of `Tokenizer.toJSON`.
 *
 * @param origin - where it came from, for the error message
 * @throws {DataError} when it is broken or of another family
 */
export function tokenizerFromJson(content: unknown, origin = "tokenizer.json"): Tokenizer {
  const parsed = tokenizerFile.safeParse(content);
  if (!parsed.success) {
    throw new DataError(
      `${origin}: expected a tokenizer made by foretoken (BPE, pre-tokenizer Digits + ByteLevel), got ${describeFamily(content)}:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  const { vocab, merges } = parsed.data.model;
  const ids = new Map(Object.entries(vocab));
  const fail = (id: number, text: string): never => {
    const came = ids.get(text) ?? "nothing";
    throw new DataError(
      `${origin}: expected token ${id} to be ${JSON.stringify(text)}, but the vocabulary gives this text ${came}; foretoken reads only tokenizers it made, with special tokens, bytes and merges in this order`,
    );
  };
  for (let id = 0; id < firstMergeToken; id++) {
    const text = specialTokenTexts[id] ?? printableBytes([id - firstByteToken]);
    if (ids.get(text) !== id) fail(id, text);
  }
  const pairs = merges.map(([left, right], rank): Merge => {
    const id = firstMergeToken + rank;
    if (ids.get(left + right) !== id) fail(id, left + right);
    const pair: Merge = [ids.get(left) ?? id, ids.get(right) ?? id];
    if (pair.some((part) => part >= id || part < firstByteToken)) {
      throw new DataError(
        `${origin}: expected merge ${rank} to join two tokens that come before it, got ${JSON.stringify([left, right])}; the file is damaged, copy it again from where it was made`,
      );
    }
    return pair;
  });
  if (ids.size !== firstMergeToken + pairs.length) {
    throw new DataError(
      `${origin}: expected ${firstMergeToken + pairs.length} tokens (${firstMergeToken} and one a merge), got ${ids.size}; foretoken reads only tokenizers it made`,
    );
  }
  return new BytePairTokenizer(pairs);
}

/**
 * Writes `tokenizer.json` and `tokenizer_config.json` (with the chat template) into `folder`, which
 * is made when missing; transformers loads them as `PreTrainedTokenizerFast`.
 */
export async function saveTokenizer(folder: string, tokenizer: Tokenizer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, "tokenizer.json"), prettyJson(tokenizer.toJSON()));
  const config = prettyJson(tokenizerConfig(tokenizer));
  await writeFileAtomic(join(folder, "tokenizer_config.json"), config);
}

function tokenizerConfig({ special }: Tokenizer): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: specialTokenTexts[special.bos],
    eos_token: specialTokenTexts[special.eos],
    pad_token: specialTokenTexts[special.pad],
    clean_up_tokenization_spaces: false,
    chat_template: chatTemplate,
  };
}

function prettyJson(content: object): string {
  return `${JSON.stringify(content, null, 1)}\n`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
