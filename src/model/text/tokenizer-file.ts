import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { BytePairTokenizer } from "./byte-pair-tokenizer.ts";
import { isOwnFile, readOwnMerges } from "./read-own-merges.ts";
import { readVocabulary, vocabularyFile } from "./read-vocabulary.ts";
import { isOwnTokenizer, type OwnTokenizer, ownTokenizer, type Tokenizer } from "./tokenizer.ts";
import {
  noTokenizerConfig,
  readTokenizerConfig,
  type TokenizerConfig,
} from "./tokenizer-config.ts";

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
 * Reads a byte-level byte-pair tokenizer, of ours or of a Hugging Face folder, with what the files
 * beside it say of its special tokens and chat template.
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
  return tokenizerFromJson(content, file, await readTokenizerConfig(dirname(file)));
}

/**
 * Reads a tokenizer that foretoken made.
 *
 * @param path - as for `loadTokenizer`
 * @throws {DataError} as `loadTokenizer`, and when it has other special tokens than ours
 */
export async function loadOwnTokenizer(path: string): Promise<OwnTokenizer> {
  const tokenizer = await loadTokenizer(path);
  if (isOwnTokenizer(tokenizer)) return tokenizer;
  throw new DataError(
    `${path}: expected a tokenizer made by foretoken, got one with other special tokens; copy the tokenizer.json that belongs here`,
  );
}

/**
 * The tokenizer of a `tokenizer.json` content, the opposite of `Tokenizer.toJSON`.
 *
 * @param origin - where it came from, for the error message
 * @param config - what the files beside it say; a tokenizer of ours needs none
 * @throws {DataError} when it is broken or of another family
 */
export function tokenizerFromJson(
  content: unknown,
  origin = "tokenizer.json",
  config: TokenizerConfig = noTokenizerConfig,
): Tokenizer {
  const parsed = vocabularyFile.safeParse(content);
  if (!parsed.success) {
    throw new DataError(
      `${origin}: expected a byte-level BPE tokenizer that cuts words as GPT-2, SmolLM, Llama 3, Qwen2 or Tekken do, got ${describeFamily(content)}:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  if (isOwnFile(parsed.data)) return ownTokenizer(readOwnMerges(parsed.data, origin));
  const { named, chatTemplate: template, origin: folder } = config;
  return new BytePairTokenizer(readVocabulary(parsed.data, named, origin), {
    chat: { template, start: [], tokens: named.spellings, origin: folder },
    json: () => content as object,
    configJson: () => config.content,
  });
}

/**
 * Writes `tokenizer.json` and `tokenizer_config.json` (with the chat template) into `folder`, which
 * is made when missing; transformers loads them as `PreTrainedTokenizerFast`.
 */
export async function saveTokenizer(folder: string, tokenizer: Tokenizer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, "tokenizer.json"), prettyJson(tokenizer.toJSON()));
  const config = prettyJson(tokenizer.configJson());
  await writeFileAtomic(join(folder, "tokenizer_config.json"), config);
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
