import { expect, test } from "vitest";
import { tokenizeForBleu } from "./bleu-tokenizers.ts";

test.each([
  ["13a", "It cost $1,250.75, didn't it?", "It cost $ 1,250.75 , didn't it ?"],
  ["13a", "a &quot;b&quot; &amp;lt; <skipped>c-\nd 3-4", 'a " b " < cd 3 - 4'],
  ["13a", "„Gut“, sagte er。", "„Gut“ , sagte er。"],
  ["intl", "„Gut“, sagte 3,5 €", "„ Gut “ , sagte 3,5 €"],
  ["intl", "a.b 1.5 x+y", "a . b 1.5 x + y"],
  ["zh", "我有3.5个 GPU。", "我 有 3.5 个 GPU 。"],
  ["zh", "a—b 𠀀𠀁", "a — b 𠀀𠀁"],
  ["char", "a👍 b", "a 👍   b"],
  ["none", " a,b ", " a,b "],
] as const)("%s: %j", (tokenizer, text, tokens) => {
  expect(tokenizeForBleu(text, tokenizer)).toBe(tokens);
});

test("blanks are Python's: a separator of files is one, a mark of byte order is not", () => {
  expect(tokenizeForBleu("a\u001cb\u0085c\ufeffd", "13a")).toBe("a b c\ufeffd");
});
