import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import type { CommandEntry } from "./command.ts";
import type { Surroundings } from "./context.ts";
import { type ExitCode, main } from "./main.ts";

/** What a command line printed and how it ended. */
export interface CliOutcome {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, for tests. */
export async function runCli(
  argv: readonly string[],
  changes: Partial<Surroundings> & { readonly entries?: readonly CommandEntry[] } = {},
): Promise<CliOutcome> {
  const { entries, ...surroundings } = changes;
  const text = { stdout: "", stderr: "" };
  const code = await main(
    argv,
    {
      stdin: Readable.from([]),
      stdout: { write: (part) => (text.stdout += part) },
      stderr: { write: (part) => (text.stderr += part) },
      isTty: false,
      signal: new AbortController().signal,
      directory: tmpdir(),
      environment: {},
      ...surroundings,
    },
    entries,
  );
  return { code, ...text };
}
