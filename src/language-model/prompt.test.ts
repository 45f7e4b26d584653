import { describe, expect, test } from "vitest";
import { ModelError } from "../errors.ts";
import { randomImage } from "../generate/generate.fixture.ts";
import { imageTokens } from "../model/image/image-tokens.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { tokenizerFromJson } from "../model/text/tokenizer-file.ts";
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

test("a model that knows no bos and no images gets none", () => {
  const file = tokenizer.toJSON() as { added_tokens: object[] };
  file.added_tokens = [{ id: 3, content: "<|im_start|>", special: true }];
  const other = tokenizerFromJson(file);
  expect(encodePrompt(other, { kind: "document", text: "<s>" })).toEqual(other.encode("<s>"));
  expect(encodePrompt(other, { kind: "raw", text: "[IMG]" })).toEqual(other.encode("[IMG]"));
  const images = [randomImage({ rows: 1, columns: 1 }, 1)];
  expect(() => encodePrompt(other, { kind: "raw", text: "a", images })).toThrow(ModelError);
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

describe("images", () => {
  const wide = randomImage({ rows: 2, columns: 4 }, 1);
  const tall = randomImage({ rows: 3, columns: 2 }, 2);
  const layout = {
    wide: "[IMG][IMG][IMG][IMG][IMG_BREAK][IMG][IMG][IMG][IMG][IMG_END]",
    tall: "[IMG][IMG][IMG_BREAK][IMG][IMG][IMG_BREAK][IMG][IMG][IMG_END]",
  };
  const images = [wide, tall];
  const tokenCount = (ids: readonly number[]) =>
    ids.filter((id) => id === tokenizer.special.image).length;

  test("stand at their marks, in order", () => {
    for (const kind of ["raw", "document"] as const) {
      const text = "a[IMG]b[IMG]";
      const ids = encodePrompt(tokenizer, { kind, text, images });
      const whole = `a${layout.wide}b${layout.tall}`;
      expect(spelled(ids)).toBe(kind === "raw" ? whole : `<s>${whole}`);
      expect(tokenCount(ids)).toBe(14);
      expect(ids.slice(-9)).toEqual(imageTokens(tall.grid, tokenizer.special));
    }
  });

  test("without marks stand at the beginning, behind <s>", () => {
    const ids = (kind: "raw" | "document", text: string) =>
      spelled(encodePrompt(tokenizer, { kind, text, images }));
    expect(ids("raw", "a")).toBe(`${layout.wide}${layout.tall}a`);
    expect(ids("raw", "<s>a")).toBe(`<s>${layout.wide}${layout.tall}a`);
    expect(ids("document", "a")).toBe(`<s>${layout.wide}${layout.tall}a`);
  });

  test("stand in a chat where its parts are; [IMG] in its text is text", () => {
    const image = (url: string) => ({ type: "image_url", image_url: { url } }) as const;
    const text = (words: string) => ({ type: "text", text: words }) as const;
    const messages = [
      { role: "user", content: [text("see [IMG]"), text("!"), image("a"), text("<|im_end|>")] },
      { role: "assistant", content: "what?" },
      { role: "user", content: [image("b")] },
    ];
    const ids = encodePrompt(tokenizer, { kind: "chat", messages, images });
    expect(spelled(ids)).toBe(
      `<s><|im_start|>user\nsee [IMG]!${layout.wide}<|im_end|><|im_end|>\n<|im_start|>assistant\nwhat?<|im_end|>\n<|im_start|>user\n${layout.tall}<|im_end|>\n<|im_start|>assistant\n`,
    );
    expect(tokenCount(ids)).toBe(14);
    expect(ids.filter((id) => id === tokenizer.special.imEnd)).toHaveLength(3);
  });

  test("a document without images has no marks", () => {
    const ids = encodePrompt(tokenizer, { kind: "document", text: "[IMG]" });
    expect(ids).toEqual([1, ...tokenizer.encode("[IMG]")]);
  });

  test("more marks than images, or fewer, are refused", () => {
    expect(() => encodePrompt(tokenizer, { kind: "raw", text: "[IMG]", images })).toThrow(
      "prompt: expected one image for each mark, got 1 mark and 2 images",
    );
    expect(() => encodePrompt(tokenizer, { kind: "raw", text: "[IMG] [IMG]" })).toThrow(
      "got 2 marks and 0 images",
    );
    expect(() =>
      encodePrompt(tokenizer, { kind: "chat", messages: [{ role: "user", content: "" }], images }),
    ).toThrow("got 0 marks and 2 images");
  });
});
