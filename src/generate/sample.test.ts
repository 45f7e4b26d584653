import { expect, test } from "vitest";
import { checkRequest } from "./sample.ts";
import { greedy } from "./sampling.ts";

const good = {
  promptTokens: [97, 98, 99],
  ...{ maxTokens: 61, sampling: greedy, stopTokens: [], stop: [], samples: 1 },
  images: [],
};
const limits = { capacity: 64, vocabSize: 266 };

test("a request that fills the context is taken", () => {
  expect(() => checkRequest(good, limits)).not.toThrow();
});

test.each([
  [
    { maxTokens: 62 },
    "generate: the context holds 64 tokens, the prompt has 3 and 62 new ones are asked for; shorten the prompt or ask for at most 61",
  ],
  [{ promptTokens: [] }, "generate: expected a prompt of at least one token, got none"],
  [{ promptTokens: [266] }, "generate: expected prompt tokens from 0 to 265, got 266"],
  [{ maxTokens: 0 }, "generate: maxTokens must be a whole number >= 1, got 0"],
  [{ samples: 1.5 }, "generate: samples must be a whole number >= 1, got 1.5"],
  [{ stop: [""] }, "generate: expected stop strings that are not empty"],
  [{ sampling: { ...greedy, temperature: -1 } }, "temperature must be a number >= 0, got -1"],
  [{ sampling: { ...greedy, topK: -1 } }, "topK must be a whole number >= 0"],
  [{ sampling: { ...greedy, topP: 0 } }, "topP must be a number above 0 and at most 1, got 0"],
  [{ sampling: { ...greedy, seed: 0.5 } }, "seed must be a whole number, got 0.5"],
])("%j is refused", (changes, message) => {
  expect(() => checkRequest({ ...good, ...changes }, limits)).toThrow(message);
});
