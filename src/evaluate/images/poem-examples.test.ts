import { expect, test } from "vitest";
import type { TestItem } from "../../data/primer/test-items.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { evaluateTasks } from "../primer/primer-tasks.ts";
import { poemExamples } from "./poem-examples.ts";

const place = { task: "verses", difficulty: 1, answer: "", stop: "\n\n" } as const;
const items: readonly TestItem[] = [
  { ...place, id: "sum", task: "arithmetic", prompt: "1 + 1 =", answer: "2", stop: "\n" },
  ...[3, 4, 5].map((image) => ({
    ...{ ...place, id: `verses-${image}`, prompt: "[image]Words: moon, sea\n", image },
    poem: { colour: "red", shape: "star", words: ["moon", "sea"] } as const,
  })),
];
const poem = "A red star sees the moon\nand hums a tune.\nIt likes the sea\nand feels quite free.";
const written = [` ${poem}\n\nA blue star`, poem.replace("red", "blue"), "A red star"];
const asked: { readonly maxTokens: number; readonly stop: string }[] = [];

const { samples, scores } = await evaluateTasks({
  items,
  complete: async (questions, options) => {
    asked.push(options);
    return questions.length === 1 ? [" 2\n"] : written;
  },
  maxTokens: 8,
});

test("a poem is right when it fulfils its picture, words and rhymes, whatever its wording", () => {
  expect(samples.map(({ explanation }) => explanation)).toEqual([
    "",
    "",
    "expected it to be about a red star",
    "expected the words moon and sea; expected four lines that rhyme in pairs",
  ]);
  const verses = scores.find(({ task, difficulty }) => task === "verses" && difficulty === "all");
  expect(verses).toMatchObject({ n: 3, correct: 1 });
});

test("a poem may be longer than an answer", () => {
  expect(asked[0]).toEqual({ maxTokens: 8, stop: "\n" });
  expect(asked[1]?.stop).toBe("\n\n");
  expect(asked[1]?.maxTokens).toBeGreaterThan(60);
});

test("the first poems are shown with their pictures, and what they miss", async () => {
  const pixels = (number: number): ImagePixels => ({
    grid: { rows: 1, columns: 1 },
    data: new Uint8Array(32 * 32 * 3).fill(number),
  });
  const shown = await poemExamples({ items, samples }, async (number) => pixels(number), 2);
  expect(shown).toEqual([
    { pixels: pixels(3), asked: "moon, sea", written: poem, fault: "" },
    {
      pixels: pixels(4),
      asked: "moon, sea",
      written: written[1],
      fault: "expected it to be about a red star",
    },
  ]);
});
