import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { printableBytes } from "./byte-alphabet.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  loadOwnTokenizer,
  loadTokenizer,
  saveTokenizer,
  tokenizerFromJson,
} from "./tokenizer-file.ts";

const byteLevel = { type: "ByteLevel", add_prefix_space: false, use_regex: true };

/** Bytes from 255 down to 0, "ab" twice over, then a special token and one that is not. */
function foreignFile() {
  const bytes = Array.from({ length: 256 }, (_, byte) => printableBytes([byte]));
  const vocab: Record<string, number> = {};
  for (const [byte, text] of bytes.entries()) vocab[text] = 255 - byte;
  for (const [at, text] of ["bc", "ab", "abc"].entries()) vocab[text] = 256 + at;
  return {
    added_tokens: [
      { id: 259, content: "<|end|>", special: true, lstrip: false },
      { id: 260, content: "<|end|>>", special: false },
    ] as object[],
    normalizer: null as object | null,
    pre_tokenizer: byteLevel as object,
    post_processor: null as object | null,
    model: {
      type: "BPE",
      ignore_merges: false,
      vocab,
      merges: ["b c", "a b", "ab c", "a bc"],
    },
  };
}
type ForeignFile = ReturnType<typeof foreignFile>;

function changed(change: (file: ForeignFile) => void): Tokenizer {
  const file = foreignFile();
  change(file);
  return tokenizerFromJson(file, "their.json");
}

const idOf = (byte: string) => 255 - byte.charCodeAt(0);

test("ids are the file's, whatever their order", () => {
  const tokenizer = changed(() => {});
  expect(tokenizer.vocabSize).toBe(261);
  expect(tokenizer.encode("abc")).toEqual([258]); // b c first, then a bc
  expect(tokenizer.encode("ab a")).toEqual([257, idOf(" "), idOf("a")]);
  expect(tokenizer.decode([258, idOf("x")])).toBe("abcx");
  expect([tokenizer.documentStart, tokenizer.stopTokens]).toEqual([[], []]);
});

test("the longest added token is read, and only special ones are skipped", () => {
  const tokenizer = changed(() => {});
  const ids = tokenizer.encode("<|end|>>a<|end|>", { parseSpecial: true });
  expect(ids).toEqual([260, idOf("a"), 259]);
  expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("<|end|>>a");
  expect(tokenizer.encode("<|end|>")).toHaveLength(7);
});

test("a word that is a token is one, if the file says so, but never an added one", () => {
  const ignore = (ignore_merges: boolean) =>
    changed(({ model }) => {
      Object.assign(model, { ignore_merges, merges: ["a b"] });
      model.vocab["<|end|>"] = 259;
    });
  expect(ignore(true).encode("abc")).toEqual([258]);
  expect(ignore(false).encode("abc")).toEqual([257, idOf("c")]);
  expect(ignore(true).encode("<|end|>")).not.toContain(259);
});

test("bytes without a token are left out, or are the unknown token", () => {
  const without = (more: object) =>
    changed(({ model }) => {
      delete model.vocab["x"];
      Object.assign(model, more);
    });
  expect(without({}).encode("axb")).toEqual([257]);
  expect(without({}).encodeBytes(Uint8Array.of(255, 120))).toEqual([0]);
  expect(without({ unk_token: "ab" }).encode("xa")).toEqual([257, idOf("a")]);
});

test("ids that stand for nothing have no text", () => {
  const tokenizer = changed((file) => file.added_tokens.push({ id: 270, content: "<x>" }));
  expect(tokenizer.vocabSize).toBe(271);
  expect(tokenizer.decode([265, 270])).toBe("<x>");
});

const lastError = /their\.json: expected a byte-level BPE tokenizer that cuts words as GPT-2/;
test.each<[string, (file: ForeignFile) => void, RegExp]>([
  [
    "an unknown pattern",
    (file) => {
      const split = { type: "Split", pattern: { Regex: "\\w+" }, behavior: "Isolated" };
      const last = { ...byteLevel, use_regex: false };
      file.pre_tokenizer = { type: "Sequence", pretokenizers: [split, last] };
    },
    /got BPE, pre-tokenizer Split \+ ByteLevel:/,
  ],
  [
    "a prefix space",
    (file) => (file.pre_tokenizer = { ...byteLevel, add_prefix_space: true }),
    lastError,
  ],
  [
    "SentencePiece",
    (file) => (file.pre_tokenizer = { type: "Metaspace" }),
    /pre-tokenizer Metaspace:/,
  ],
  [
    "WordPiece",
    (file) => (file.model.type = "WordPiece"),
    /got WordPiece, pre-tokenizer ByteLevel:/,
  ],
  ["another processor", (file) => (file.post_processor = { type: "BertProcessing" }), lastError],
  [
    "a token that takes spaces",
    (file) => Object.assign(file.added_tokens[0]!, { lstrip: true }),
    /lstrip/,
  ],
  ["dropout", (file) => Object.assign(file.model, { dropout: 0.1 }), /dropout/],
  ["a huge id", (file) => (file.model.vocab["abc"] = 2 ** 31), lastError],
  ["a merge of nothing", (file) => file.model.merges.push("a z z"), lastError],
  [
    "a merge of what is no token",
    (file) => file.model.merges.push("bb c"),
    /expected the vocabulary to have "bb", which merge 4 joins, got none/,
  ],
  [
    "a merge into what is no token",
    (file) => file.model.merges.push("a a"),
    /expected the vocabulary to have "aa", which merge 4 makes, got none/,
  ],
  [
    "tokens that are no bytes",
    (file) => (file.model.vocab["▁the"] = 300),
    /expected tokens spelled in GPT-2's alphabet of bytes, got "▁the"/,
  ],
])("refuses %s", (_, change, message) => {
  expect(() => changed(change)).toThrow(DataError);
  expect(() => changed(change)).toThrow(message);
});

describe("the files beside it", () => {
  const folder = mkdtempSync(join(tmpdir(), "foretoken-tokenizer-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: object) =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  const token = (id: number, content: string) => ({ id, content, special: true });
  const config = {
    bos_token: { content: "<a>" },
    eos_token: "<b>",
    add_bos_token: true,
    chat_template: [
      { name: "tool_use", template: "no" },
      { name: "default", template: "yes" },
    ],
    model_max_length: 1e30,
  };
  beforeAll(() => {
    const file = foreignFile();
    file.added_tokens = [token(300, "<a>"), token(301, "<b>"), token(302, "<|eot_id|>")];
    write("tokenizer.json", file);
    write("tokenizer_config.json", config);
    write("config.json", { eos_token_id: 290 });
  });

  test("say what begins a document, what ends a text, and how chats are written", async () => {
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.special).toMatchObject({
      bos: 300,
      eos: 301,
      pad: undefined,
      image: undefined,
    });
    expect(tokenizer.documentStart).toEqual([300]);
    expect(tokenizer.stopTokens).toEqual([301, 290, 302]);
    expect(tokenizer.chat).toMatchObject({ template: "yes", start: [], origin: folder });
    expect(tokenizer.chat.tokens).toEqual({ bos_token: "<a>", eos_token: "<b>" });
    write("generation_config.json", { eos_token_id: [302, 5] });
    expect((await loadTokenizer(folder)).stopTokens).toEqual([301, 302, 5]);
    writeFileSync(join(folder, "chat_template.jinja"), "own file");
    expect((await loadTokenizer(folder)).chat.template).toBe("own file");
  });

  test("are saved as they were", async () => {
    const tokenizer = await loadTokenizer(folder);
    const copy = join(folder, "copy");
    await saveTokenizer(copy, tokenizer);
    const saved = await loadTokenizer(copy);
    expect(saved.toJSON()).toEqual(tokenizer.toJSON());
    expect(saved.configJson()).toEqual({ ...config, chat_template: "own file" });
    expect(saved.documentStart).toEqual([300]);
  });

  test("are refused when they are broken", async () => {
    writeFileSync(join(folder, "tokenizer_config.json"), "{");
    await expect(loadTokenizer(folder)).rejects.toThrow(DataError);
    await expect(loadTokenizer(folder)).rejects.toThrow(/tokenizer_config\.json: expected what/);
    write("tokenizer_config.json", { chat_template: 5 });
    await expect(loadTokenizer(folder)).rejects.toThrow(/chat_template/);
    write("tokenizer_config.json", {});
  });

  test("data sets have tokenizers of ours only", async () => {
    await expect(loadOwnTokenizer(folder)).rejects.toThrow(
      /expected a tokenizer made by foretoken, got one with other special tokens/,
    );
  });
});
