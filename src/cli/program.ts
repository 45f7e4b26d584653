import { Command as Commander, CommanderError, Option } from "commander";
import { ConfigError } from "../errors.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import type { CommandEntry, CommandResult } from "./command.ts";
import type { Context, Surroundings } from "./context.ts";

const GLOBAL_FLAGS = [
  new Option("--json", "print one JSON object on standard output, all else on standard error"),
  new Option("--debug", "print the stack of an error"),
];

/** How a program is put together. */
export interface ProgramParts {
  readonly entries: readonly CommandEntry[];
  readonly groupSummaries: Readonly<Record<string, string>>;
  readonly surroundings: Surroundings;
  readonly json: boolean;
}

/**
 * Parses the arguments and runs the command they name. Only that command's module is imported.
 *
 * @param argv - the arguments after the program's name
 * @returns undefined when help or the version was printed instead
 * @throws {ConfigError} when the usage is wrong
 */
export async function runProgram(
  argv: readonly string[],
  parts: ProgramParts,
): Promise<CommandResult | undefined> {
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
  const program = makeCommander("foretoken", parts)
    .description("Train multimodal GPTs whose loss is forecast before they are paid for.")
    .version(words.includes("--version") ? formatCodeVersion(codeVersion()) : "", "--version");
  for (const flag of GLOBAL_FLAGS) program.addOption(flag);
  const called = findEntry(parts.entries, words);
  let result: CommandResult | undefined;
  for (const entry of parts.entries) {
    const target = addCommand(program, entry, parts);
    if (entry !== called) continue;
    const { command } = await entry.load();
    const { checkOptions, fillCommand } = await import("./command-options.ts"); // the help needs no zod
    fillCommand(target, command, async (given, flags) => {
      const context: Context = {
        ...parts.surroundings,
        stdout: parts.json ? parts.surroundings.stderr : parts.surroundings.stdout,
        json: parts.json,
        flags: given,
      };
      result = await command.run(
        checkOptions(command, flags, { given, path: entry.path }),
        context,
      );
    });
  }
  await parse(program, words);
  return result;
}

async function parse(program: Commander, words: string[]): Promise<void> {
  if (words.length === 0) return program.outputHelp();
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const called = calledCommander(program, words);
    throw new ConfigError(describeUsage(error, called), { cause: error });
  }
}

/** The entry whose words the arguments begin with, the global flags left aside. */
function findEntry(
  entries: readonly CommandEntry[],
  words: readonly string[],
): CommandEntry | undefined {
  const plain = words.filter((word) => !GLOBAL_FLAGS.some(({ long }) => long === word));
  return entries.find(({ path }) => path.split(" ").every((word, i) => word === plain[i]));
}

function makeCommander(name: string, { surroundings }: ProgramParts): Commander {
  return new Commander(name)
    .exitOverride()
    .helpCommand(false)
    .helpOption("--help", "print this help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: () => undefined, // the caller prints what is thrown
    });
}

/** Adds a command by its words; the first of two is a group. */
function addCommand(program: Commander, entry: CommandEntry, parts: ProgramParts): Commander {
  let parent = program;
  const words = entry.path.split(" ");
  for (const word of words.slice(0, -1)) {
    let group = parent.commands.find((command) => command.name() === word);
    if (group === undefined) {
      group = makeCommander(word, parts).description(parts.groupSummaries[word] ?? "");
      parent.addCommand(group);
    }
    parent = group;
  }
  const command = makeCommander(words.at(-1) ?? "", parts).description(entry.summary);
  parent.addCommand(command);
  return command;
}

/** The deepest known command that the arguments name. */
function calledCommander(program: Commander, words: readonly string[]): Commander {
  let called = program;
  for (const word of words.filter((word) => !word.startsWith("-"))) {
    const next = called.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    called = next;
  }
  return called;
}

function describeUsage(error: CommanderError, called: Commander): string {
  const path = [called.parent?.parent?.name(), called.parent?.name(), called.name()]
    .filter((name) => name !== undefined)
    .join(" ");
  const known = called.commands.map((command) => command.name()).join(", ");
  const isGroup = error.code === "commander.help";
  const problem = isGroup ? `expected one of: ${known}` : error.message.replace(/^error: /, "");
  return `${path}: ${problem.replace(/\s*\n\s*/g, " ").replace(/[.]$/, "")}. See \`${path} --help\`.`;
}
