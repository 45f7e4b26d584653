import { join } from "node:path";
import { readRunConfig } from "../workspace/run-folder.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** The folder of the data set that a run was trained on. */
export async function runDataset({ runs }: Pick<Workspace, "runs">, id: string): Promise<string> {
  const { config } = await readRunConfig(join(runs, id));
  return (config as { readonly dataset: string }).dataset;
}
