import type { EvalTask } from "../eval-task.ts";

/** How a built-in task is asked; what is undefined is the task's own choice. */
export interface BuiltInOptions {
  /** Path of the task's data. */
  readonly data?: string | undefined;
  /** Solved examples before each question. */
  readonly fewShot?: number | undefined;
  /** Said before each question. */
  readonly system?: string | undefined;
  readonly temperature?: number | undefined;
  /** Of an answer. */
  readonly maxTokens?: number | undefined;
  /** Only the first so many samples. */
  readonly maxSamples?: number | undefined;
}

/** A task that comes with Foretoken; its data may have to be given. */
export interface BuiltInTask {
  /** One line for lists. */
  readonly summary: string;
  /** What `data` is: a file or folder of its own, or a data set of the workspace. */
  readonly needs: "file" | "dataset";
  /**
   * Reads the data.
   *
   * @throws {ConfigError} when data are needed and not given, or an option means nothing here
   * @throws {DataError} when the data are broken
   */
  open(options: BuiltInOptions): Promise<EvalTask>;
}
