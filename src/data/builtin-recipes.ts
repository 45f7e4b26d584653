import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { loadRecipe, parseRecipe, type Recipe } from "./recipe.ts";
import type { RecipeInput } from "./recipe-schema.ts";
import { primer } from "./recipes/primer.ts";
import { primerOffline } from "./recipes/primer-offline.ts";
import { sight } from "./recipes/sight.ts";

const inputs: Readonly<Record<string, RecipeInput>> = {
  primer,
  "primer-offline": primerOffline,
  sight,
};

/** The recipes that come with the package: `primer-offline` needs no network. */
export const builtinRecipeNames: readonly string[] = Object.keys(inputs);

/**
 * The recipe that a user names: a built-in one, or a YAML file.
 *
 * @param directory - which a relative path begins at
 * @throws {ConfigError} when it is neither, or not a valid recipe
 * @throws {DataError} when the file cannot be read
 */
export async function resolveRecipe(
  nameOrPath: string,
  directory: string = process.cwd(),
): Promise<Recipe> {
  const input = inputs[nameOrPath];
  if (input !== undefined) {
    return parseRecipe(input, { where: `recipe ${nameOrPath}`, baseFolder: directory });
  }
  const path = resolve(directory, nameOrPath);
  if (/\.ya?ml$/.test(nameOrPath) || (await stat(path).catch(() => undefined))) {
    return loadRecipe(path);
  }
  throw new ConfigError(
    `recipe: expected a YAML file or one of ${builtinRecipeNames.join(", ")}, got "${nameOrPath}"; check the name or the path`,
  );
}
