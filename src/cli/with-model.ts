import type { LocalModel, LocalModelOptions } from "../language-model/local-model.ts";
import { type ModelPlaces, resolveModelFolder } from "../language-model/resolve.ts";
import type { WeightForm } from "../model/held-model.ts";
import type { DeviceName } from "../tensor/session.ts";
import { workspaceFolder } from "../workspace/workspace.ts";
import type { Context } from "./context.ts";
import { withRuntime } from "./with-workspace.ts";

/** Where a command looks up MODEL; the workspace need not exist. */
export function modelPlaces({
  environment,
  directory,
}: Pick<Context, "environment" | "directory">): ModelPlaces {
  return { directory, workspaceFolder: workspaceFolder(environment, directory) };
}

/** The flags that say which model runs where. */
export interface ModelFlags {
  readonly model: string;
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  readonly dtype?: WeightForm | undefined;
}

/** Loads the model that the user means for the time of some work. */
export async function withModel<Result>(
  context: Context,
  { flags, ...options }: LocalModelOptions & { readonly flags: ModelFlags },
  work: (model: LocalModel) => Promise<Result>,
): Promise<Result> {
  const path = await resolveModelFolder(flags.model, modelPlaces(context));
  const local = await import("../language-model/local-model.ts"); // only when one is loaded
  return withRuntime(flags, async (runtime) => {
    const model = await local.LocalModel.open(runtime, path, { dtype: flags.dtype, ...options });
    try {
      return await work(model);
    } finally {
      model.release();
    }
  });
}
