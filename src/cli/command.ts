import type { z } from "zod";
import type { Context } from "./context.ts";

/** What a command hands back to be printed under `--json`, and how it went. */
export interface CommandResult {
  readonly json: object;
  /** 0 (the default): done; 1: the thing asked failed; 3: inconclusive. */
  readonly exitCode?: 0 | 1 | 3;
}

/**
 * One command. Its schema is the only source of flags, defaults and help: the key `maxTokens` is
 * the flag `--max-tokens`, an array may be given repeatedly, a boolean that is true by default is
 * `--no-…`; `describe` gives the help text and `meta({ placeholder })` the word for the value.
 */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  readonly schema: Schema;
  /** Keys of the schema that are given by position, in order; an array takes all that are left. */
  readonly positionals?: readonly (keyof z.input<Schema> & string)[];
  /** Keys of the schema below headings of the help, in its order; the others come before them. */
  readonly groups?: Readonly<Record<string, readonly (keyof z.input<Schema> & string)[]>>;
  /** What the help says after the flags, such as examples. */
  readonly details?: string;
  run(options: Readonly<z.output<Schema>>, context: Context): Promise<CommandResult>;
}

/** Where a command is found: its words and summary are known without importing its module. */
export interface CommandEntry {
  /** The words that call it, such as `data build`. */
  readonly path: string;
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** Types a command from its schema. */
export function defineCommand<Schema extends z.ZodObject>(
  command: Command<Schema>,
): Command<Schema> {
  return command;
}
