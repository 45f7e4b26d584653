import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildDataset } from "./build.ts";
import type { DataEvent } from "./data-event.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";
import type { RecipeInput, SourceInput } from "./recipe-schema.ts";
import type { ImageSink } from "./sources/source.ts";

/** Where sources without images put none. */
export const noImages: ImageSink = {
  prepare: (_bytes, where) => Promise.reject(new Error(`${where}: expected no image`)),
  add: () => Promise.reject(new Error("expected no image")),
};

/** A fresh folder with the given files in it. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await mkdtemp(join(tmpdir(), "foretoken-data-"));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** A recipe over a folder, with byte tokens unless said otherwise. */
export function recipeOf(
  baseFolder: string,
  sources: readonly Partial<SourceInput>[],
  rest: Partial<RecipeInput> = {},
): Recipe {
  const input = {
    name: "small",
    tokenizer: "byte",
    testItems: 5,
    split: { validation: 0.1, heldout: 0.1 },
    ...rest,
    sources: sources.map((source, i) => ({ name: `s${i}`, licence: "CC0", ...source })),
  };
  return parseRecipe(input, { where: "recipe.yaml", baseFolder });
}

/** Builds to the end. */
export async function buildAll(recipe: Recipe, workspaceFolder: string, threads = 0) {
  const events: DataEvent[] = [];
  const build = buildDataset(recipe, { workspaceFolder, threads });
  let step = await build.next();
  for (; step.done !== true; step = await build.next()) events.push(step.value);
  return { folder: step.value, events };
}

/** Every file below a folder with its content, to compare byte by byte. */
export async function contentOf(folder: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    contents.set(path.slice(folder.length + 1), (await readFile(path)).toString("base64"));
  }
  return contents;
}

/** Distinct short texts, `count` of them. */
export function numberedTexts(count: number): string {
  return Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ text: `Text ${i}, é.` })}\n`,
  ).join("");
}
