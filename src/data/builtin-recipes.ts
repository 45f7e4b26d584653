import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { loadRecipe, parseRecipe, type Recipe } from "./recipe.ts";
import type { RecipeInput } from "./recipe-schema.ts";
import { language } from "./recipes/language.ts";
import { primer } from "./recipes/primer.ts";
import { primerOffline } from "./recipes/primer-offline.ts";
import { sight } from "./recipes/sight.ts";

const inputs: Readonly<Record<string, RecipeInput>> = {
  primer,
  "primer-offline": primerOffline,
  sight,
  language,
};

/** The recipes that come with the package: `primer-offline` needs no network. */
export const builtinRecipeNames: readonly string[] = Object.keys(inputs);

/** How a recipe is looked up. */
export interface RecipeChoice {
  /** Which a relative path begins at. */
  readonly directory?: string;
  /** Whether sources may be used whose licence passes on to what is made of them. */
  readonly allowsShareAlike?: boolean;
}

/**
 * The recipe that a user names: a built-in one, or a YAML file. Without leave for it, share-alike
 * sources of a built-in recipe are left out, and a file that has some is refused.
 *
 * @throws {ConfigError} when it is neither, or not a valid recipe
 * @throws {DataError} when the file cannot be read
 */
export async function resolveRecipe(
  nameOrPath: string,
  { directory = process.cwd(), allowsShareAlike = false }: RecipeChoice = {},
): Promise<Recipe> {
  const input = inputs[nameOrPath];
  if (input !== undefined) {
    const isLeftOut = ({ licence }: { licence: string }) =>
      isShareAlike(licence) && !allowsShareAlike;
    const sources = input.sources.filter((source) => !isLeftOut(source));
    return parseRecipe(
      { ...input, sources },
      { where: `recipe ${nameOrPath}`, baseFolder: directory },
    );
  }
  const path = resolve(directory, nameOrPath);
  if (/\.ya?ml$/.test(nameOrPath) || (await stat(path).catch(() => undefined))) {
    const recipe = await loadRecipe(path);
    if (!allowsShareAlike) refuseShareAlike(recipe, path);
    return recipe;
  }
  throw new ConfigError(
    `recipe: expected a YAML file or one of ${builtinRecipeNames.join(", ")}, got "${nameOrPath}"; check the name or the path`,
  );
}

/** Creative Commons' share-alike, the GNU licences for text and programs, and ODbL. */
function isShareAlike(licence: string): boolean {
  return /\bCC-BY(-NC)?-SA\b|\b[AL]?GPL\b|\bGFDL\b|\bODbL\b/i.test(licence);
}

function refuseShareAlike({ sources }: Recipe, path: string): void {
  const found = sources.filter(({ licence }) => isShareAlike(licence));
  if (found.length === 0) return;
  const named = found.map(({ name, licence }) => `${name} (${licence})`).join(", ");
  throw new ConfigError(
    `${path}: the licence of ${named} passes on to what is made of it; leave the source out, or allow it with --allow-share-alike and credit it where you show it`,
  );
}
