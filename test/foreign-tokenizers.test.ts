import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printableBytes } from "../src/model/text/byte-alphabet.ts";
import { encodeConversation } from "../src/model/text/chat-template.ts";
import { hardTexts } from "../src/model/text/hard-texts.fixture.ts";
import { wordEnd } from "../src/model/text/pre-tokenizer.ts";
import { wordCut } from "../src/model/text/split-patterns.ts";
import type { Tokenizer } from "../src/model/text/tokenizer.ts";
import { loadTokenizer, saveTokenizer } from "../src/model/text/tokenizer-file.ts";
import {
  sharedPath,
  sharedText,
  withoutSharedData,
} from "../src/statistics/shared-data.fixture.ts";
import {
  type Answer,
  conversations,
  cutTexts,
  families,
  makeTokenizers,
} from "./foreign-tokenizers.fixture.ts";

/** An interpreter with transformers and jinja2. */
const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
const missing = spawnSync(python, ["-c", "import transformers, jinja2"]).status !== 0;
const skipReason = `${python} has no transformers and jinja2; install them with pip or set FORETOKEN_PYTHON`;

const givenPath = sharedPath("models/SmolLM2-135M-Instruct.Q4_1.gguf");
const ggufPath = givenPath !== undefined && existsSync(givenPath) ? givenPath : undefined;

let folder: string;
let answers: Readonly<Record<string, Answer>>;
beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), "foretoken-tokenizers-"));
  answers = makeTokenizers(python, folder, { families, ggufPath });
}, 120_000);
afterAll(async () => {
  if (!missing) await rm(folder, { recursive: true });
});

/** Words as `wordEnd` cuts them. */
function wordsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const words: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = wordEnd(bytes, start, bytes.length);
    words.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return words;
}

function checkTexts(tokenizer: Tokenizer, answer: Answer, hasPlain: boolean): void {
  expect(tokenizer.vocabSize).toBe(answer.size);
  for (const [index, text] of hardTexts.entries()) {
    const ids = tokenizer.encode(text, { parseSpecial: true });
    expect(ids, text).toEqual(answer.parsed[index]);
    expect([...tokenizer.documentStart, ...ids], text).toEqual(answer.whole[index]);
    // without special tokens transformers still reads added ones that are not special
    if (!hasPlain) expect(tokenizer.encode(text), text).toEqual(answer.literal[index]);
    expect(tokenizer.decode(ids), text).toBe(answer.decoded[index]);
    expect(tokenizer.decode(ids, { skipSpecial: true }), text).toBe(answer.skipped[index]);
    expect(tokenizer.encodeBytes(Buffer.from(text.normalize("NFC")))).toEqual(
      tokenizer.encode(text.normalize("NFC")),
    );
  }
}

function checkChats(tokenizer: Tokenizer, answer: Answer): void {
  for (const [index, messages] of conversations.entries()) {
    const expected = answer.chats[index];
    const ask = () => encodeConversation(tokenizer, messages);
    if (expected === null) expect(ask).toThrow(/no chat template|refuses the conversation/);
    else expect(ask()).toEqual(expected);
  }
}

describe("a tokenizer of another family has the ids of transformers", () => {
  test.for(families)(
    "$name",
    { timeout: 60_000 },
    async ({ name, plain, chatTemplate }, context) => {
      context.skip(missing, skipReason);
      const answer = answers[name]!;
      const tokenizer = await loadTokenizer(join(folder, name));
      checkTexts(tokenizer, answer, plain.length > 0);
      checkChats(tokenizer, answer);
      const refused = answer.chats.filter((chat) => chat === null).length;
      expect(refused).toBe(
        chatTemplate === null ? conversations.length : name === "tekken" ? 1 : 0,
      );

      const copy = join(folder, "saved", name);
      await saveTokenizer(copy, tokenizer);
      const saved = await loadTokenizer(copy);
      checkTexts(saved, answer, plain.length > 0);
      checkChats(saved, answer);
      expect(saved.special).toEqual(tokenizer.special);
      expect(saved.stopTokens).toEqual(tokenizer.stopTokens);
    },
  );

  test.for(families)("$name: the same words", async ({ name, preTokenizer }, context) => {
    context.skip(missing, skipReason);
    const { pattern } = wordCut.parse(preTokenizer);
    const { words } = answers[name]!;
    for (const [index, text] of cutTexts.entries()) {
      const ours = pattern === undefined ? wordsOf(text) : [...(text.match(pattern) ?? [])];
      expect(ours.map((word) => printableBytes(Buffer.from(word)))).toEqual(words[index]);
    }
  });

  test("what is no text has an id a byte", { timeout: 60_000 }, async (context) => {
    context.skip(missing, skipReason);
    const tokenizer = await loadTokenizer(join(folder, "llama3"));
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const ids = tokenizer.encodeBytes(bytes);
    expect(new Set(ids).size).toBe(256);
    expect(tokenizer.decodeBytes(ids)).toEqual(bytes);
  });
});

test("SmolLM2's tokenizer, from its GGUF", { timeout: 60_000 }, async (context) => {
  context.skip(ggufPath === undefined, `needs the ${withoutSharedData}`);
  context.skip(missing, skipReason);
  const tokenizer = await loadTokenizer(join(folder, "gguf"));
  checkTexts(tokenizer, answers["gguf"]!, false);
  checkChats(tokenizer, answers["gguf"]!);
  expect(tokenizer.documentStart).toEqual([]);
  expect(tokenizer.stopTokens).toEqual([2]);

  const golden = JSON.parse(sharedText("models/smollm2-golden.json")!) as {
    tokenize: { text: string; plain: number[]; special: number[] }[];
  };
  expect(golden.tokenize.length).toBeGreaterThan(10);
  for (const { text, plain, special } of golden.tokenize) {
    expect(tokenizer.encode(text), text).toEqual(plain);
    expect(tokenizer.encode(text, { parseSpecial: true }), text).toEqual(special);
  }
});
