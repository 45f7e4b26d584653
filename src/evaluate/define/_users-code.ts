import { DataError, ForetokenError } from "../../errors.ts";

/**
 * Runs a function that the user wrote: what it throws becomes an error that names it. Deliberate errors,
 * such as of a provider that it asked, stay what they are.
 *
 * @param place - the file, and the sample and the function, as a message goes on
 * @throws {DataError}
 */
export async function usersCode<Value>(
  { file, what }: { readonly file: string; readonly what: string },
  run: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ForetokenError) throw error;
    throw new DataError(`${file}: ${what} threw ${thrown(error, file)}`, { cause: error });
  }
}

/** What was thrown, in words, and at which line of the user's file. */
export function thrown(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.replace(/\s+/g, " ");
  const frames = (error.stack ?? "").slice(error.message.length);
  const [, line] = frames.split(`${file}:`)[1]?.match(/^(\d+)/) ?? [];
  const isSaid = line === undefined || message.includes(`${file}:`);
  return `${error.name}: ${message}${isSaid ? "" : ` (line ${line})`}`;
}
