import { beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { firstByteToken, firstMergeToken, specialTokens } from "./special-tokens.ts";
import { byteTokenizer, ownTokenizer, type Tokenizer } from "./tokenizer.ts";
import { trainTokenizer } from "./train-tokenizer.ts";

const idOf = (character: string): number => firstByteToken + character.charCodeAt(0);
const corpus = "the cat sat on the mat, that is the thing; 你好 你好 naïve café\n".repeat(4);

let trained: Tokenizer;
beforeAll(async () => {
  trained = await trainTokenizer([corpus], { vocabSize: firstMergeToken + 24 });
});

const tokenizers: readonly [string, () => Tokenizer][] = [
  ["bpe", () => trained],
  ["byte", byteTokenizer],
];

describe.each(tokenizers)("%s tokenizer", (kind, make) => {
  test("says what it is", () => {
    expect(make().kind).toBe(kind);
    expect(make().vocabSize).toBe(kind === "byte" ? 266 : 290);
  });

  test("gives any bytes back", () => {
    const tokenizer = make();
    let seed = 7;
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from({ length: round % 97 }, () => {
        seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
        return seed >>> 24;
      });
      expect(tokenizer.decodeBytes(tokenizer.encodeBytes(bytes))).toEqual(bytes);
    }
    const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(tokenizer.decodeBytes(tokenizer.encodeBytes(allBytes))).toEqual(allBytes);
  });

  test.each([
    "",
    "the thing",
    "\ufeffbyte order mark first",
    "你好 🦁 ZWJ 👩‍👩‍👧 Ελληνικά\0\x07",
    "<s>[IMG]<|im_end|>",
    "a".repeat(100_000),
  ])("gives text back: %.20j", (text) => {
    const tokenizer = make();
    for (const parseSpecial of [false, true]) {
      expect(tokenizer.decode(tokenizer.encode(text, { parseSpecial }))).toBe(text);
    }
  });

  test("reads special tokens only when asked, and skips them only when asked", () => {
    const tokenizer = make();
    const text = "<s>the[IMG_BREAK]<|im_end|>";
    const parsed = tokenizer.encode(text, { parseSpecial: true });
    const { bos, imageBreak, imEnd } = specialTokens;
    expect(parsed).toEqual([bos, ...tokenizer.encode("the"), imageBreak, imEnd]);
    expect(Math.min(...tokenizer.encode(text))).toBeGreaterThanOrEqual(firstByteToken);
    expect(tokenizer.decode(parsed, { skipSpecial: true })).toBe("the");
  });

  test("refuses ids outside the vocabulary", () => {
    const tokenizer = make();
    expect(() => tokenizer.decode([tokenizer.vocabSize])).toThrow(DataError);
    expect(() => tokenizer.decode([-1])).toThrow(/expected token ids from 0 to \d+, got -1/);
  });
});

test("bytes have the ids 10 to 265 in order", () => {
  expect(byteTokenizer().encodeBytes(Uint8Array.of(0, 65, 255))).toEqual([10, 75, 265]);
});

test("applies the earliest merge first, leftmost first", () => {
  const [a, b, c] = [idOf("a"), idOf("b"), idOf("c")];
  const [bc, ab, aa] = [firstMergeToken, firstMergeToken + 1, firstMergeToken + 2];
  const tokenizer = ownTokenizer([
    [b, c],
    [a, b],
    [a, a],
    [aa, a],
  ]);
  expect(tokenizer.encode("abc")).toEqual([a, bc]);
  expect(tokenizer.encode("abab")).toEqual([ab, ab]);
  expect(tokenizer.encode("aaaaa")).toEqual([aa, aa + 1]); // aa, aa, a: then aa + a
  expect(tokenizer.encode("cab")).toEqual([c, ab]);
});

test("gives the same ids after the word cache was emptied", () => {
  const words = "the thing";
  const before = trained.encode(words);
  const letters = (n: number): string => n.toString(36).replace(/\d/g, (d) => "ghijklmnop"[+d]!);
  for (let n = 0; n < 270_000; n++) trained.encode(letters(n));
  expect(trained.encode(words)).toEqual(before);
});

test("encodes a word of a megabyte in time", () => {
  expect(trained.decode(trained.encode("thecat".repeat(200_000))).length).toBe(1_200_000);
}, 10_000);
