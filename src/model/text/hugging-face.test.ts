import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderChat } from "./chat.ts";
import { hardTexts as texts } from "./hard-texts.fixture.ts";
import { firstMergeToken } from "./special-tokens.ts";
import { byteTokenizer, type Tokenizer } from "./tokenizer.ts";
import { saveTokenizer } from "./tokenizer-file.ts";
import { trainTokenizer } from "./train-tokenizer.ts";

/** Set FORETOKEN_PYTHON to an interpreter with `tokenizers` and `transformers` (pip). */
const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
const missing = spawnSync(python, ["-c", "import tokenizers, transformers, jinja2"]).status !== 0;
if (missing) {
  process.stderr.write(
    `hugging-face.test.ts: skipped, ${python} has no tokenizers, transformers and jinja2; install them with pip or set FORETOKEN_PYTHON\n`,
  );
}

const corpus = `the cat's mat; they'll say it's that thing. ${texts.join(" ")}\n`.repeat(3);
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "  two\n\nlines\n" },
];

const script = `
import json, sys
from tokenizers import Tokenizer
from transformers import AutoTokenizer
request = json.load(sys.stdin)
def answer(folder):
  plain = Tokenizer.from_file(folder + "/tokenizer.json")
  fast = AutoTokenizer.from_pretrained(folder)
  literal = Tokenizer.from_file(folder + "/tokenizer.json")
  literal.encode_special_tokens = True
  chat = lambda prompt: fast.apply_chat_template(request["messages"], tokenize=False, add_generation_prompt=prompt)
  ids = [plain.encode(text).ids for text in request["texts"]]
  return {
    "ids": ids,
    "fast": [fast(text)["input_ids"] for text in request["texts"]],
    "literal": [literal.encode(text).ids for text in request["texts"]],
    "decoded": [plain.decode(row, skip_special_tokens=False) for row in ids],
    "skipped": [fast.decode(row, skip_special_tokens=True) for row in ids],
    "size": plain.get_vocab_size(),
    "special": [fast.pad_token_id, fast.bos_token_id, fast.eos_token_id],
    "chat": [chat(False), chat(True)],
  }
print(json.dumps([answer(folder) for folder in sys.argv[1:]]))
`;

interface Answer {
  ids: number[][];
  fast: number[][];
  literal: number[][];
  decoded: string[];
  skipped: string[];
  size: number;
  special: number[];
  chat: string[];
}

const kinds = ["bpe", "byte"] as const;
const folder = mkdtempSync(join(tmpdir(), "foretoken-tokenizer-"));
const tokenizers: Tokenizer[] = [];
let answers: Answer[];

beforeAll(async () => {
  if (missing) return;
  tokenizers.push(await trainTokenizer([corpus], { vocabSize: firstMergeToken + 160 }));
  tokenizers.push(byteTokenizer());
  const folders = kinds.map((kind) => join(folder, kind));
  for (const [index, tokenizer] of tokenizers.entries()) {
    await saveTokenizer(folders[index]!, tokenizer);
  }
  const { stdout, stderr } = spawnSync(python, ["-c", script, ...folders], {
    encoding: "utf8",
    input: JSON.stringify({ texts, messages }),
  });
  expect(stdout, stderr).not.toBe("");
  answers = JSON.parse(stdout) as Answer[];
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing).each([...kinds.entries()])("tokenizer %i, %s, in Hugging Face", (at) => {
  test("has the same vocabulary size and special tokens", () => {
    const { special, vocabSize } = tokenizers[at]!;
    expect(answers[at]!.size).toBe(vocabSize);
    expect(answers[at]!.special).toEqual([special.pad, special.bos, special.eos]);
  });

  test.each([...texts.entries()])("text %i: %.30j has the same ids", (index, text) => {
    const tokenizer = tokenizers[at]!;
    const answer = answers[at]!;
    const ids = tokenizer.encode(text, { parseSpecial: true });
    expect(answer.ids[index]).toEqual(ids);
    expect(answer.fast[index]).toEqual(ids);
    expect(answer.literal[index]).toEqual(tokenizer.encode(text));
    expect(answer.decoded[index]).toBe(tokenizer.decode(ids));
    expect(answer.skipped[index]).toBe(tokenizer.decode(ids, { skipSpecial: true }));
  });

  test("renders the same conversation", () => {
    expect(answers[at]!.chat).toEqual([
      renderChat(messages),
      renderChat(messages, { addGenerationPrompt: true }),
    ]);
  });
});
