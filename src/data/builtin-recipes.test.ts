import { expect, test } from "vitest";
import { builtinRecipeNames, resolveRecipe } from "./builtin-recipes.ts";
import { isGenerated, packagesOf } from "./source-origin.ts";

test.each(builtinRecipeNames)("%s is a valid recipe", async (name) => {
  expect((await resolveRecipe(name)).name).toBe(name);
});

test("primer-offline has only generated text", async () => {
  const { sources } = await resolveRecipe("primer-offline");
  expect(sources.every(({ from }) => isGenerated(from))).toBe(true);
});

test("primer fetches at most 150 MB, all pinned and announced", async () => {
  const { sources } = await resolveRecipe("primer");
  const sizes = new Map<string, number>();
  for (const reference of sources.flatMap(({ from }) => packagesOf(from))) {
    expect(reference.integrity).toMatch(/^sha512-/);
    sizes.set(reference.specifier, reference.tarballBytes ?? Number.NaN);
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(1e6);
  expect(total).toBeLessThan(150e6);
});

test("code is measured on a snapshot that nothing else reads", async () => {
  const { sources } = await resolveRecipe("primer");
  const pinned = sources.filter(({ heldoutOnly }) => heldoutOnly);
  expect(pinned.map(({ loss }) => loss)).toEqual(["code"]);
  const packageOf = ({ from }: (typeof sources)[number]) => from.label;
  const readBy = sources.filter((source) => packageOf(source) === packageOf(pinned[0]!));
  expect(readBy).toHaveLength(1);
});

test("an unknown name lists the known ones", async () => {
  await expect(resolveRecipe("prime")).rejects.toThrow(
    'expected a YAML file or one of primer, primer-offline, got "prime"',
  );
});
