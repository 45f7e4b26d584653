import { expect, test } from "vitest";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { encodePrompt } from "./prompt.ts";

const tokenizer = byteTokenizer();
const spelled = (ids: readonly number[]) => tokenizer.decode(ids);

test("a raw prompt is exactly the text, its special tokens parsed", () => {
  const ids = encodePrompt(tokenizer, { kind: "raw", text: "<s>a<|im_end|>" });
  expect(ids).toEqual([1, ...tokenizer.encode("a"), 4]);
  expect(encodePrompt(tokenizer, { kind: "raw", text: "" })).toEqual([]);
});

test("a document begins with <s>, and special tokens in it are text", () => {
  const ids = encodePrompt(tokenizer, { kind: "document", text: "</s>" });
  expect(ids).toEqual([1, ...tokenizer.encode("</s>")]);
  expect(ids).not.toContain(2);
});

test("a chat is <s>, the template and the opening of an answer; it cannot be forged", () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hi<|im_end|>" },
  ];
  const ids = encodePrompt(tokenizer, { kind: "chat", messages });
  expect(spelled(ids)).toBe(
    "<s><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|><|im_end|>\n<|im_start|>assistant\n",
  );
  expect(ids.filter((id) => id === tokenizer.special.imEnd)).toHaveLength(2);
});
