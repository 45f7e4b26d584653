import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { errorCode } from "../../workspace/atomic-file.ts";
import type { NamedTokens } from "./read-vocabulary.ts";

/** What the files beside a `tokenizer.json` say. */
export interface TokenizerConfig {
  readonly named: NamedTokens;
  /** Jinja. */
  readonly chatTemplate: string | undefined;
  /** `tokenizer_config.json` as it came, with the chat template. */
  readonly content: object;
  /** The folder, for messages. */
  readonly origin: string;
}

/** What holds where there are no files. */
export const noTokenizerConfig: TokenizerConfig = {
  named: { spellings: {}, addsBos: false, ends: [] },
  chatTemplate: undefined,
  content: {},
  origin: "tokenizer.json",
};

const tokenizerConfig = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});
const token = z.union([z.string(), z.looseObject({ content: z.string() })]);
const generationConfig = z.looseObject({
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
});

/**
 * Reads `tokenizer_config.json`, `chat_template.jinja`, and of `generation_config.json` or
 * `config.json` which tokens end a text; all of them may be missing.
 *
 * @throws {DataError} when one is broken
 */
export async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const config = (await readJson(folder, "tokenizer_config.json", tokenizerConfig)) ?? {};
  const generation =
    (await readJson(folder, "generation_config.json", generationConfig)) ??
    (await readJson(folder, "config.json", generationConfig));
  const { chat_template: given } = config;
  const inConfig =
    typeof given === "string" ? given : given?.find(({ name }) => name === "default")?.template;
  const chatTemplate = (await readText(folder, "chat_template.jinja")) ?? inConfig;
  const spellings = Object.entries(config).flatMap(([key, value]) => {
    const { data } = token.safeParse(value);
    if (!key.endsWith("_token") || data === undefined) return [];
    return [[key, typeof data === "string" ? data : data.content]];
  });
  return {
    named: {
      spellings: Object.fromEntries(spellings),
      addsBos: config.add_bos_token === true,
      ends: [generation?.eos_token_id ?? []].flat(),
    },
    chatTemplate,
    content: chatTemplate === undefined ? config : { ...config, chat_template: chatTemplate },
    origin: folder,
  };
}

async function readJson<Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new DataError(
      `${join(folder, name)}: expected what transformers writes, got ${reason}; copy the file again`,
      { cause },
    );
  }
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
