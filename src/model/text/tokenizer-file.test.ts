import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { firstMergeToken } from "./special-tokens.ts";
import { byteTokenizer, type Tokenizer } from "./tokenizer.ts";
import { loadTokenizer, saveTokenizer, tokenizerFromJson } from "./tokenizer-file.ts";
import { trainTokenizer } from "./train-tokenizer.ts";

const root = mkdtempSync(join(tmpdir(), "foretoken-tokenizer-"));
const folder = join(root, "model");
afterAll(() => rmSync(root, { recursive: true }));

let trained: Tokenizer;
beforeEach(async () => {
  trained = await trainTokenizer(["the thing that 你好 你好"], { vocabSize: firstMergeToken + 5 });
});

/** The parts of the file that the tests break. */
interface TokenizerFile {
  normalizer: object | null;
  pre_tokenizer: { pretokenizers: object[] };
  model: { type: string; vocab: Record<string, number>; merges: (string[] | string)[] };
}

function broken(change: (file: TokenizerFile) => void): () => Tokenizer {
  const file = structuredClone(trained.toJSON()) as TokenizerFile;
  change(file);
  return () => tokenizerFromJson(file, "a.json");
}

test("what was saved is loaded, from the folder and from the file", async () => {
  for (const tokenizer of [trained, byteTokenizer()]) {
    await saveTokenizer(folder, tokenizer);
    expect(readdirSync(folder).sort()).toEqual(["tokenizer.json", "tokenizer_config.json"]);
    for (const path of [folder, join(folder, "tokenizer.json")]) {
      const loaded = await loadTokenizer(path);
      expect(loaded.toJSON()).toEqual(tokenizer.toJSON());
      expect(loaded.kind).toBe(tokenizer.kind);
      expect(loaded.encode("the thing 你")).toEqual(tokenizer.encode("the thing 你"));
    }
  }
});

test("the configuration names the special tokens and the chat template", async () => {
  await saveTokenizer(folder, trained);
  const config = JSON.parse(readFileSync(join(folder, "tokenizer_config.json"), "utf8"));
  expect(config).toMatchObject({
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: "<s>",
    eos_token: "</s>",
    pad_token: "<pad>",
    clean_up_tokenization_spaces: false,
  });
  expect(config.chat_template).toContain("<|im_start|>");
});

test("says where no tokenizer is", async () => {
  await expect(loadTokenizer(root)).rejects.toThrow(DataError);
  await expect(loadTokenizer(root)).rejects.toThrow(
    /tokenizer\.json: expected a tokenizer.*ENOENT/,
  );
});

test("says that the file is cut short", async () => {
  const file = join(root, "cut.json");
  writeFileSync(file, JSON.stringify(trained.toJSON()).slice(0, 500));
  await expect(loadTokenizer(file)).rejects.toThrow(
    /cut\.json: expected JSON, but .*copy it again/,
  );
});

test.each<[string, (file: TokenizerFile) => void, RegExp]>([
  ["another model", (file) => (file.model.type = "Unigram"), /a\.json: [\s\S]*model\.type/],
  [
    "another pre-tokenizer",
    (file) => file.pre_tokenizer.pretokenizers.splice(0, 1, { type: "Split" }),
    /a\.json: expected .*, got BPE, pre-tokenizer Split \+ ByteLevel:/,
  ],
  [
    "a normalizer",
    (file) => (file.normalizer = { type: "NFKC" }),
    /got BPE, normalizer NFKC, pre-tokenizer Digits \+ ByteLevel:/,
  ],
  ["what is no tokenizer", (file) => (file.model = null as never), /something that is no tokeni/],
  ["a special token elsewhere", (file) => (file.model.vocab["<s>"] = 9), /token 1 to be "<s>"/],
  ["a byte less", (file) => delete file.model.vocab["A"], /token 75 to be "A", .* nothing/],
  ["merges swapped", (file) => file.model.merges.reverse(), /expected token 266 to be/],
  ["a merge less", (file) => file.model.merges.pop(), /expected 270 tokens .*, got 271/],
  ["a merge from nothing", (file) => (file.model.merges[0] = ["", "th"]), /merge 0|token 266/],
])("refuses %s", (_, change, message) => {
  expect(broken(change)).toThrow(DataError);
  expect(broken(change)).toThrow(message);
});

test("reads merges as older versions wrote them", () => {
  const read = broken((file) => {
    file.model.merges = file.model.merges.map((pair) => (pair as string[]).join(" "));
  });
  expect(read().merges).toEqual(trained.merges);
});
