import { resolve } from "node:path";
import { resolveDataset } from "../data/resolve-dataset.ts";
import type { BuiltInTask } from "../evaluate/tasks/built-in-task.ts";
import { findRun } from "../workspace/run-table.ts";
import type { Context } from "./context.ts";
import { runDataset } from "./run-dataset.ts";
import { withWorkspace } from "./with-workspace.ts";

/**
 * The path of a built-in evaluation's data: a path as it is, or a data set by its name; the one that
 * a run was trained on when nothing is said.
 *
 * @param model - the first one that is evaluated
 * @returns undefined when nothing is said and the model is no run
 * @throws {DataError} when there is no such data set
 */
export async function taskData(
  { needs }: BuiltInTask,
  { data, model }: { readonly data: string | undefined; readonly model: string | undefined },
  context: Context,
): Promise<string | undefined> {
  const { directory } = context;
  if (needs === "file") return data === undefined ? undefined : resolve(directory, data);
  return withWorkspace(context, async (workspace) => {
    const run =
      data === undefined && model !== undefined
        ? await findRun(workspace.database, model)
        : undefined;
    const named = data ?? (run && (await runDataset(workspace, run.id)));
    return named && resolveDataset({ datasets: workspace.datasets, directory }, named);
  });
}
