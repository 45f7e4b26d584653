import { expect, test } from "vitest";
import { renderChat } from "./chat.ts";

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: " two\nlines " },
];

test("writes ChatML", () => {
  expect(renderChat(messages, { addGenerationPrompt: true })).toBe(
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n two\nlines <|im_end|>\n<|im_start|>assistant\n",
  );
  expect(renderChat([])).toBe("");
});
