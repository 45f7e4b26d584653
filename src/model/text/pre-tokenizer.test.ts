import { expect, test } from "vitest";
import { wordEnd } from "./pre-tokenizer.ts";

function wordsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const words: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = wordEnd(bytes, start, bytes.length);
    expect(end).toBeGreaterThan(start);
    words.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return words;
}

/** The rule as regular expressions: digits apart, then GPT-2's on each piece. */
function wordsByPattern(text: string): string[] {
  const W = "\\p{White_Space}";
  const gpt2 = new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?[^${W}\\p{L}\\p{N}]+|${W}+(?!\\P{White_Space})|${W}+`,
    "gu",
  );
  return text
    .split(/(\p{N})/u)
    .flatMap((piece) => (/^\p{N}$/u.test(piece) ? [piece] : (piece.match(gpt2) ?? [])));
}

test.each<[string, string[]]>([
  ["Hello, world", ["Hello", ",", " world"]],
  ["it's they'll 'start I'LL", ["it", "'s", " they", "'ll", " '", "start", " I", "'", "LL"]],
  ["1+23 =  4", ["1", "+", "2", "3", " =", "  ", "4"]],
  ["a \n b\n\nc  ", ["a", " \n", " b", "\n", "\n", "c", "  "]],
  ["a\u0085\u3000b\ufeffc", ["a", "\u0085", "\u3000", "b", "\ufeff", "c"]],
  ["你好 🦁½é", ["你好", " 🦁", "½", "é"]],
  ["'", ["'"]],
  ["'l", ["'", "l"]],
])("cuts %j", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test("agrees with the regular expressions on random text", () => {
  const alphabet = [..."ab Z\n\t'slreo19²½!.<-é你 \u0085\u00a0\ufeff🦁٣", " ", "'", "  "];
  let seed = 1;
  const random = (): number => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (seed >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 2000; round++) {
    const text = Array.from({ length: 12 }, () => alphabet[Math.floor(random() * alphabet.length)]);
    expect(wordsOf(text.join(""))).toEqual(wordsByPattern(text.join("")));
  }
});

test("treats every byte that is not UTF-8 as a symbol", () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0xc0, 0x80, 0x61, 0xe4, 0xbd); // the last two: 你 cut short
  expect([wordEnd(bytes, 0, 7), wordEnd(bytes, 1, 7), wordEnd(bytes, 4, 7)]).toEqual([1, 4, 5]);
  expect(wordEnd(bytes, 5, 7)).toBe(7);
});
