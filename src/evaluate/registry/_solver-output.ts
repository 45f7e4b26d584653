import { ConfigError } from "../../errors.ts";
import { strip } from "../text-scores/python-text.ts";

const quoted = /^(["']).*\1$/su;

/** What may be done to a solver's answer, by the name of its class. */
const postprocessors: Readonly<Record<string, (text: string) => string>> = {
  Strip: strip,
  RemoveQuotes: (text) => (text.length >= 2 && quoted.test(text) ? text.slice(1, -1) : text),
  RemovePeriod: (text) => text.replace(/\.+$/, ""),
};

/**
 * What a solver's `postprocessors` do to its answer, one after the other.
 *
 * @param where - the entry, for messages
 * @throws {ConfigError} for one that is not known
 */
export function solverOutput(where: string, names: unknown): (text: string) => string {
  const steps = [names ?? []].flat().map((name) => {
    const short = String(name).replace(/^.*:/, "");
    const step = Object.hasOwn(postprocessors, short) ? postprocessors[short] : undefined;
    if (step !== undefined) return step;
    throw new ConfigError(
      `${where}: the postprocessor ${name} is not supported; supported are ${Object.keys(postprocessors).join(", ")}`,
    );
  });
  return (text) => steps.reduce((result, step) => step(result), text);
}
