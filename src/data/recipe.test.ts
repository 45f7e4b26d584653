import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, recipeOf } from "./build.fixture.ts";
import { loadRecipe, parseRecipe, recipeHash } from "./recipe.ts";

const place = { where: "my.yaml", baseFolder: "/data" };
const source = { name: "notes", licence: "CC0", folder: "notes" };
const parse = (input: unknown) => parseRecipe(input, place);

test("a short recipe is filled with defaults", () => {
  const recipe = parse({ name: "mine", sources: [source] });
  expect(recipe).toMatchObject({
    tokenizer: "bpe",
    vocabSize: 1024,
    split: { validation: 0.01, heldout: 0.01 },
    baseFolder: "/data",
  });
  expect(recipe.sources[0]).toMatchObject({
    weight: 1,
    loss: "text",
    heldoutOnly: false,
    origin: "folder notes",
    maxBytes: Number.POSITIVE_INFINITY,
  });
  expect(recipe.sources[0]?.from).toMatchObject({ kind: "folder", folder: "notes" });
});

test("an unknown key is named with the nearest known one, at every depth", () => {
  expect(() => parse({ name: "mine", vocabsize: 512, sources: [source] })).toThrow(
    'my.yaml: the recipe: unknown key "vocabsize"; did you mean "vocabSize"?',
  );
  expect(() => parse({ name: "mine", sources: [{ ...source, weigth: 2 }] })).toThrow(
    'my.yaml: sources.0: unknown key "weigth"; did you mean "weight"?',
  );
  expect(() => parse({ name: "mine", split: { heldOut: 0.1 }, sources: [source] })).toThrow(
    'my.yaml: split: unknown key "heldOut"; did you mean "heldout"?',
  );
  expect(() => parse({ name: "mine", split: { zzzzzz: 1 }, sources: [source] })).toThrow(
    "known keys: validation, heldout",
  );
});

test.each([
  [
    { ...source, folder: undefined },
    "expected exactly one of folder, jsonl, images, npm, primer, drawing, got none",
  ],
  [{ ...source, jsonl: "a.jsonl" }, "got folder and jsonl"],
  [{ ...source, files: ["*"] }, '"files" belongs to npm sources, this is a folder source'],
  [{ name: "n", licence: "MIT", npm: "rxjs@^7" }, "exact version such as rxjs@7.8.2"],
  [{ ...source, captions: "c.csv" }, '"captions" belongs to images sources, this is a folder'],
  [
    { name: "n", licence: "MIT", images: "i", captions: "c.tsv" },
    'expected captions: a .jsonl or .csv file, got "c.tsv"',
  ],
  [
    { name: "n", licence: "MIT", jsonl: "a.jsonl", markdownImages: true },
    '"markdownImages" belongs to folder sources',
  ],
  [
    { name: "n", licence: "MIT", npm: "x@1.0.0", languages: ["zh"] },
    '"languages" belongs to the format emoji',
  ],
  [
    { name: "n", licence: "MIT", npm: "x@1.0.0", format: "emoji", names: "y" },
    "expected names: NAME@VERSION with an exact version",
  ],
  [
    { name: "n", licence: "MIT", npm: "x@1.0.0", format: "emoji", languages: ["../en"] },
    "a language such as en, zh or zh-hant",
  ],
  [
    { name: "n", licence: "MIT", primer: "poems" },
    'arithmetic, sequences, functions, programs, facts, stories, got "poems"',
  ],
  [{ name: "n", folder: "x" }, "licence"],
  [{ ...source, weight: 0 }, "sources.0.weight"],
])("source %# is refused", (input, message) => {
  expect(() => parse({ name: "mine", sources: [input] })).toThrow(message);
});

test("two sources of one name are refused", () => {
  expect(() => parse({ name: "mine", sources: [source, source] })).toThrow('"notes" twice');
});

test("generated text is limited unless the recipe says how much", () => {
  expect(recipeOf("/", [{ primer: "facts" }]).sources[0]?.maxBytes).toBe(1_000_000);
});

test("the hash follows the content and not the place", () => {
  const recipe = recipeOf("/a", [{ folder: "x" }]);
  expect(recipeHash(recipe)).toBe(recipeHash(recipeOf("/b", [{ folder: "x" }])));
  expect(recipeHash(recipe)).not.toBe(recipeHash(recipeOf("/a", [{ folder: "y" }])));
});

test("a file is read, its folder is where relative paths start", async () => {
  const folder = await folderWith({
    "a.yaml": "name: a\nsources:\n  - { name: n, licence: CC0, folder: . }\n",
    "broken.yaml": "name: [",
  });
  expect((await loadRecipe(join(folder, "a.yaml"))).baseFolder).toBe(folder);
  await expect(loadRecipe(join(folder, "broken.yaml"))).rejects.toThrow("expected YAML");
  await expect(loadRecipe(join(folder, "none.yaml"))).rejects.toThrow("got ENOENT; check the path");
});
