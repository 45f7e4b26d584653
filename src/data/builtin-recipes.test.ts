import { expect, test } from "vitest";
import { folderWith } from "./build.fixture.ts";
import { builtinRecipeNames, resolveRecipe } from "./builtin-recipes.ts";
import { isGenerated, packagesOf } from "./source-origin.ts";

test.each(builtinRecipeNames)("%s is a valid recipe", async (name) => {
  expect((await resolveRecipe(name)).name).toBe(name);
});

test("primer-offline has only generated text", async () => {
  const { sources } = await resolveRecipe("primer-offline");
  expect(sources.every(({ from }) => isGenerated(from))).toBe(true);
});

test.each(["primer", "sight", "language"])(
  "%s fetches at most 150 MB, all pinned and announced",
  async (name) => {
    const { sources } = await resolveRecipe(name);
    const sizes = new Map<string, number>();
    for (const reference of sources.flatMap(({ from }) => packagesOf(from))) {
      expect(reference.integrity).toMatch(/^sha512-/);
      sizes.set(reference.specifier, reference.tarballBytes ?? Number.NaN);
    }
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(1e6);
    expect(total).toBeLessThan(150e6);
  },
);

test("code and a family of drawing styles are measured on packages that nothing else reads", async () => {
  const { sources } = await resolveRecipe("primer");
  const pinned = sources.filter(({ heldoutOnly }) => heldoutOnly);
  expect(pinned.map(({ loss }) => loss)).toEqual(["code", "new-style"]);
  const packageOf = ({ from }: (typeof sources)[number]) => from.label;
  for (const source of pinned) {
    const readBy = sources.filter((other) => packageOf(other) === packageOf(source));
    expect(readBy).toHaveLength(1);
  }
});

test("an unknown name lists the known ones", async () => {
  await expect(resolveRecipe("prime")).rejects.toThrow(
    'expected a YAML file or one of primer, primer-offline, sight, language, got "prime"',
  );
});

test("all styles of an emoji share their split, so that a concept lies in one", async () => {
  const { sources } = await resolveRecipe("sight");
  const styles = sources.filter(({ from }) => from.kind === "npm" && from.format === "emoji");
  expect(styles.length).toBeGreaterThan(5);
  for (const { split } of styles) expect(split).toEqual({ validation: 0.05, heldout: 0.1 });
});

test("share-alike sources come with leave only: left out of a built-in recipe, refused in a file", async () => {
  const names = async (allowsShareAlike: boolean) =>
    (await resolveRecipe("sight", { allowsShareAlike })).sources.map(({ name }) => name);
  expect(await names(false)).not.toContain("openmoji");
  expect((await names(true)).filter((name) => name === "openmoji")).toHaveLength(1);

  const source = { name: "wiki", folder: ".", licence: "CC-BY-SA-4.0" };
  const recipe = { name: "mine", sources: [source, { ...source, name: "own", licence: "MIT" }] };
  const directory = await folderWith({ "mine.yaml": JSON.stringify(recipe) });
  await expect(resolveRecipe("mine.yaml", { directory })).rejects.toThrow(
    "the licence of wiki (CC-BY-SA-4.0) passes on to what is made of it; leave the source out, or allow it with --allow-share-alike",
  );
  const allowed = await resolveRecipe("mine.yaml", { directory, allowsShareAlike: true });
  expect(allowed.sources).toHaveLength(2);
});
