import { basename } from "node:path";
import { definedEvalTask } from "../evaluate/define/defined-eval-task.ts";
import { loadTaskFile } from "../evaluate/define/load-task-file.ts";
import type { CallArguments } from "../language-model/language-model.ts";
import type { Context } from "./context.ts";
import type { ChosenTask } from "./eval-task-flags.ts";

/** Flags that concern tasks in code. */
interface Flags {
  readonly system?: string | undefined;
  readonly maxSamples?: number | undefined;
  readonly temperature: number;
  readonly maxTokens: number;
}

/**
 * The tasks of a file of code. Of the flags that have defaults only those that the user gave count, as
 * the task has its own.
 *
 * @throws {ConfigError} as `loadTaskFile`
 */
export async function fileTasks(
  flags: Flags,
  path: string,
  context: Context,
): Promise<readonly ChosenTask[]> {
  const { tasks, hash } = await loadTaskFile(path);
  const { system, maxSamples } = flags;
  const options = { file: path, system, maxSamples, callArguments: given(flags, context) };
  return tasks.map((one) => {
    const task = definedEvalTask(one, options);
    const file = { file: basename(path), code: hash };
    return { task, spec: undefined, arguments: { ...file, ...task.settings } };
  });
}

function given({ temperature, maxTokens }: Flags, { flags }: Context): CallArguments {
  return {
    ...("temperature" in flags && { temperature }),
    ...("maxTokens" in flags && { max_tokens: maxTokens }),
  };
}
