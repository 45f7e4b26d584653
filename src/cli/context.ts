/** Where text goes: a stream of the process, or a buffer in tests. */
export interface Output {
  write(text: string): unknown;
  /** The terminal's width in characters, when it is one. */
  readonly columns?: number | undefined;
}

/** What surrounds a command; nothing in `cli/` reaches for the process itself. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether a person watches standard error on a terminal. */
  readonly isTty: boolean;
  /** Aborted when the user interrupts: the command saves, ends, and the exit code is 130. */
  readonly signal: AbortSignal;
  /** The current directory. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * What a running command gets. Under `--json` its `stdout` is standard error, so that the JSON
 * object which `run` returns stays alone on standard output.
 */
export interface Context extends Surroundings {
  readonly json: boolean;
  /** The flags and positionals that the user gave, by option name, before defaults. */
  readonly flags: Readonly<Record<string, unknown>>;
}
