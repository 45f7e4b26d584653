import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { type PythonReason, runPython } from "../../sandbox/python.ts";
import { parseJson } from "../../workspace/parse-json.ts";

const problemSchema = z.strictObject({
  task_id: z.string(),
  /** Imports, helpers, and the function's head with its docstring. */
  prompt: z.string(),
  entry_point: z.string(),
  /** The rest of the function. */
  canonical_solution: z.string(),
  /** Defines `check(candidate)`. */
  test: z.string(),
});

/** A problem in HumanEval's own form. */
export type HumanEvalProblem = z.infer<typeof problemSchema>;

/** Whether a completion solves a problem. */
export interface HumanEvalVerdict {
  readonly taskId: string;
  readonly passed: boolean;
  /** How its program ended: `done` when it passed. */
  readonly reason: PythonReason;
  /** What it raised, or which limit it hit. */
  readonly error?: string;
}

/** The reference's limit for one program. */
const defaultTimeoutMs = 3_000;

const memoryBytes = 256 * 2 ** 20;

/**
 * Reads HumanEval's problems.
 *
 * @param path - `HumanEval.jsonl.gz`, or the same unpacked
 * @throws {DataError} when the file cannot be read, or a line is no problem
 * @see Chen et al. 2021, arXiv 2107.03374
 */
export function loadHumanEval(path: string): readonly HumanEvalProblem[] {
  const lines = readText(path)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const problem = problemSchema.safeParse(parseJson(line));
    if (problem.success) return problem.data;
    const what = z.prettifyError(problem.error).replace(/\s*\n\s*/g, " ");
    throw new DataError(`${path}, line ${index + 1}: expected a problem of HumanEval: ${what}`);
  });
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (cause) {
    throw new DataError(
      `${path}: expected HumanEval.jsonl.gz, or the same unpacked, it cannot be read (${(cause as Error).message}); the file is in github.com/openai/human-eval`,
      { cause },
    );
  }
}

/**
 * Whether a completion of a problem's prompt passes the problem's tests, by HumanEval's protocol: the
 * prompt, the completion, the tests and the call of `check` are one program, which passes when it runs
 * to its end in time. As there, `__name__` is not `"__main__"`, and nothing can be read from input.
 * Python is slower here than the reference's, some threefold.
 *
 * @param completion - what follows the prompt, already cut at its end
 * @param timeoutMs - for the program, without the start of the interpreter
 * @throws {ConfigError} for a time that cannot be a limit
 * @throws {WorkspaceError} when the interpreter cannot be started
 * @see Chen et al. 2021, arXiv 2107.03374, sections 2.1 and 2.3; openai/human-eval `execution.py`
 */
export async function scoreHumanEval(
  problem: HumanEvalProblem,
  completion: string,
  timeoutMs = defaultTimeoutMs,
): Promise<HumanEvalVerdict> {
  const { task_id: taskId, prompt, entry_point: entryPoint, test } = problem;
  const parts = [`__name__ = "builtins"`, prompt + completion, test, `check(${entryPoint})`];
  const result = await runPython({ code: parts.join("\n"), timeoutMs, memoryBytes });
  const { ok: passed, reason, error } = result;
  return { taskId, passed, reason, ...(error === undefined ? {} : { error }) };
}
