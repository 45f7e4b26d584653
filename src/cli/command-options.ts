import { Argument, type Command as Commander, Option } from "commander";
import { ConfigError } from "../errors.ts";
import type { Command } from "./command.ts";
import { type Flag, parseFlagValue, schemaFlags } from "./schema-flags.ts";
import { describeIssues } from "./usage-message.ts";

/**
 * The options that a command runs with: what was given, checked, with the schema's defaults.
 *
 * @throws {ConfigError} naming every wrong value
 */
export function checkOptions(
  command: Command,
  flags: readonly Flag[],
  call: { readonly given: Record<string, unknown>; readonly path: string },
): Record<string, unknown> {
  const parsed = command.schema.safeParse(call.given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    `foretoken ${call.path}: ${describeIssues(parsed.error.issues, flags, call.given)}. ` +
      `See \`foretoken ${call.path} --help\`.`,
  );
}

/**
 * Gives a commander command the arguments and options of our command.
 *
 * @param run - called with the values that the user gave and all flags there are
 */
export function fillCommand(
  target: Commander,
  command: Command,
  run: (given: Record<string, unknown>, flags: readonly Flag[]) => Promise<void>,
): void {
  const flags = schemaFlags(command);
  const positionals = flags.filter((flag) => flag.isPositional);
  for (const flag of positionals) target.addArgument(makeArgument(flag));
  const headings = headingsOf(command);
  const place = ({ key }: Flag) => [...headings.keys()].indexOf(key);
  for (const flag of flags.toSorted((a, b) => place(a) - place(b))) {
    if (flag.isPositional) continue;
    const option = makeOption(flag);
    const heading = headings.get(flag.key);
    target.addOption(heading === undefined ? option : option.helpGroup(`${heading}:`));
  }
  if (command.details !== undefined) target.addHelpText("after", `\n${command.details}`);
  target.action(async () => {
    const given: Record<string, unknown> = {};
    for (const [i, { key }] of positionals.entries()) {
      if (i < target.args.length) given[key] = target.processedArgs[i];
    }
    for (const { key } of flags) {
      if (target.getOptionValueSource(key) === "cli") given[key] = target.getOptionValue(key);
    }
    await run(given, flags);
  });
}

/** The heading of each flag that has one, in the order of the help. */
function headingsOf({ groups = {} }: Command): ReadonlyMap<string, string> {
  const headed = Object.entries(groups as Readonly<Record<string, readonly string[]>>);
  return new Map(headed.flatMap(([heading, keys]) => keys.map((key) => [key, heading] as const)));
}

function makeArgument(flag: Flag): Argument {
  const name = `${flag.label.slice(1, -1)}${flag.isArray ? "..." : ""}`;
  const argument = new Argument(
    flag.isRequired ? `<${name}>` : `[${name}]`,
    flag.description + defaultText(flag),
  );
  return argument.argParser((text, previous: unknown) => readValue(flag, text, previous));
}

function makeOption(flag: Flag): Option {
  const value = flag.isBoolean ? "" : ` <${flag.placeholder}>`;
  const option = new Option(`${flag.label}${value}`, flag.description + defaultText(flag));
  if (flag.isBoolean) return option;
  return option.argParser((text, previous: unknown) => readValue(flag, text, previous));
}

function readValue(flag: Flag, text: string, previous: unknown): unknown {
  const value = parseFlagValue(flag, text);
  if (!flag.isArray) return value;
  return Array.isArray(previous) ? [...previous, value] : [value];
}

function defaultText({ isBoolean, defaultValue }: Flag): string {
  const isSilent = isBoolean || defaultValue === undefined || defaultValue === null;
  if (isSilent || (Array.isArray(defaultValue) && defaultValue.length === 0)) return "";
  return ` (default: ${typeof defaultValue === "string" ? defaultValue : JSON.stringify(defaultValue)})`;
}
