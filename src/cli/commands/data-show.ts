import { z } from "zod";
import { readManifest } from "../../data/manifest.ts";
import { resolveDataset } from "../../data/resolve-dataset.ts";
import { defineCommand } from "../command.ts";
import { datasetTable } from "../dataset-table.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken data show`: what a built data set consists of. */
export const command = defineCommand({
  schema: z.strictObject({
    dataset: z.string().describe("a data set's folder, or its name in the workspace"),
  }),
  positionals: ["dataset"],
  run({ dataset }, context) {
    return withWorkspace(context, async (workspace) => {
      const places = { datasets: workspace.datasets, directory: context.directory };
      const folder = await resolveDataset(places, dataset);
      const manifest = await readManifest(folder);
      const { kind, vocabSize } = manifest.tokenizer;
      context.stdout.write(`${folder}\nhash ${manifest.hash}, tokenizer ${kind} ${vocabSize}\n`);
      context.stdout.write(datasetTable(manifest));
      return { json: { folder, manifest } };
    });
  },
});
