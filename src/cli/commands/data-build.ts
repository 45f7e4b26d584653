import { z } from "zod";
import { buildDataset } from "../../data/build.ts";
import { builtinRecipeNames, resolveRecipe } from "../../data/builtin-recipes.ts";
import { readManifest } from "../../data/manifest.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import { dataProgress } from "../data-progress.ts";
import { datasetTable } from "../dataset-table.ts";
import { shareAlikeFlag } from "../share-alike-flag.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken data build`: a data set from a recipe. */
export const command = defineCommand({
  schema: z.strictObject({
    recipe: z
      .string()
      .describe(`a recipe file (YAML), or a built-in one: ${builtinRecipeNames.join(", ")}`),
    threads: z.int().min(1).optional().describe("worker threads; one for each core by default"),
    allowShareAlike: shareAlikeFlag,
  }),
  positionals: ["recipe"],
  details: "A recipe that was built before and has not changed is not built again.",
  run({ recipe: name, threads, allowShareAlike }, context) {
    return withWorkspace(context, async (workspace) => {
      const recipe = await resolveRecipe(name, {
        directory: context.directory,
        allowsShareAlike: allowShareAlike,
      });
      const progress = dataProgress(context);
      const build = buildDataset(recipe, {
        workspaceFolder: workspace.folder,
        ...(threads !== undefined && { threads }),
      });
      const folder = await consume(build, progress.show).finally(progress.end);
      const manifest = await readManifest(folder);
      context.stdout.write(datasetTable(manifest));
      return { json: { folder, manifest } };
    });
  },
});
