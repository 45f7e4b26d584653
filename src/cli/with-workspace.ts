import type { DeviceName, Runtime } from "../tensor/session.ts";
import { openWorkspace, type Workspace, workspaceFolder } from "../workspace/workspace.ts";
import type { Context } from "./context.ts";

/** Opens the workspace that the user means for the time of some work. */
export async function withWorkspace<Result>(
  { environment, directory }: Pick<Context, "environment" | "directory">,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const workspace = await openWorkspace(workspaceFolder(environment, directory));
  try {
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

/** Opens a runtime for the time of some work. */
export async function withRuntime<Result>(
  options: { readonly device: DeviceName; readonly threads?: number | undefined },
  work: (runtime: Runtime) => Promise<Result>,
): Promise<Result> {
  const { openRuntime } = await import("../tensor/runtime.ts"); // most commands compute nothing
  const { device, threads } = options;
  const runtime = await openRuntime({ device, ...(threads !== undefined && { threads }) });
  try {
    return await work(runtime);
  } finally {
    runtime.release();
  }
}
