import { inspect } from "node:util";
import { ConfigError, ForetokenError } from "../errors.ts";
import { ScalingRefusal } from "../scaling/refusal.ts";
import type { CommandEntry } from "./command.ts";
import type { Output, Surroundings } from "./context.ts";
import { runProgram } from "./program.ts";
import { groupSummaries, registry } from "./registry.ts";

/** 0 done, 1 the thing asked failed, 2 wrong usage or configuration, 3 inconclusive, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/**
 * Runs one command line and prints its result or error; never ends the process.
 *
 * @param argv - the arguments after the program's name
 * @param entries - the commands there are
 */
export async function main(
  argv: readonly string[],
  surroundings: Surroundings,
  entries: readonly CommandEntry[] = registry,
): Promise<ExitCode> {
  const json = hasFlag(argv, "--json");
  try {
    const result = await runProgram(argv, { entries, groupSummaries, surroundings, json });
    if (result !== undefined && json) writeJson(surroundings.stdout, result.json);
    return result?.exitCode ?? (surroundings.signal.aborted ? 130 : 0);
  } catch (error) {
    if (surroundings.signal.aborted && isAbortError(error)) return 130;
    if (json) writeJson(surroundings.stdout, { error: errorObject(error) });
    surroundings.stderr.write(`${describeError(error, hasFlag(argv, "--debug"))}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError) return 2;
  return error instanceof ScalingRefusal ? 3 : 1;
}

/** Runs the command line of this process and ends it: the first SIGINT aborts, the second kills. */
export async function runProcess(entries: readonly CommandEntry[] = registry): Promise<never> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write("\nInterrupted: saving and ending. Press Ctrl-C again to end at once.\n");
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.once("beforeExit", endStuck);
  process.stdout.on("error", ignoreClosedPipe);
  process.stderr.on("error", ignoreClosedPipe);
  const surroundings: Surroundings = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTty: process.stderr.isTTY === true,
    signal: controller.signal,
    directory: process.cwd(),
    environment: process.env,
  };
  const code = await main(process.argv.slice(2), surroundings, entries);
  await Promise.all([process.stdout, process.stderr].map(drain));
  return process.exit(code);
}

/** Nothing is left that could go on, though the command has not ended. */
function endStuck(): void {
  process.stderr.write(
    "The command waits for something that never comes, such as a promise of an evaluation's code that is never settled; mend it. What was done is kept.\n",
  );
  process.exit(1);
}

/** A reader such as `head` that has seen enough must not stop a run. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function drain(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

/** Whether a global flag is given; what follows `--` is no flag. */
function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes(flag);
}

function writeJson(output: Output, value: object): void {
  output.write(`${JSON.stringify(value)}\n`);
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function errorObject(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ForetokenError ? error.code : "unexpected";
  return { code, ...(error instanceof ScalingRefusal && { reason: error.reason }), message };
}

function describeError(error: unknown, withStack: boolean): string {
  if (withStack) return inspect(error);
  if (error instanceof ForetokenError) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `unexpected error: ${message} (a fault of Foretoken itself: --debug shows where)`;
}
