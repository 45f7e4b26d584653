import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { parseGate } from "../evaluate/compare/gates.ts";
import type { Context } from "./context.ts";
import { modelRoles } from "./eval-models.ts";
import { type EvalRunFlags, evalRunFlags } from "./eval-run-flags.ts";
import { type ChosenTask, chosenTasks } from "./eval-task-flags.ts";
import { schemaFlags } from "./schema-flags.ts";

/** An evaluation of a suite with its task; a set of a registry is several. */
export interface WatchedEvaluation {
  readonly name: string;
  /** The name as that of a file. */
  readonly fileName: string;
  /** As those of `eval run`. */
  readonly flags: EvalRunFlags;
  /** Those that the suite gives, before defaults. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly chosen: ChosenTask;
}

/** What the watch decides itself. */
const decided = {
  log: true,
  format: true,
  cache: true,
  baseline: true,
  junit: true,
  forecast: true,
  regression: true,
} as const;

/** A server that is down is seen in the next round; waiting for it would hold up the others. */
const retries = 2;

const schema = evalRunFlags.omit(decided).extend({
  name: z.string().min(1).optional(),
  retries: evalRunFlags.shape.retries.unwrap().default(retries),
});

/**
 * Reads a suite: a YAML or JSON file with a list of evaluations, each with the flags of `eval run`
 * as fields (`baseUrl` or `base-url`); a flag that may be repeated takes a list or one value.
 *
 * @throws {ConfigError} when it is none; the message names the evaluation and the field
 */
export async function readSuite(
  path: string,
  context: Context,
): Promise<readonly WatchedEvaluation[]> {
  let value: unknown;
  try {
    value = parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ConfigError(`eval watch: ${path} cannot be read (${(cause as Error).message})`, {
      cause,
    });
  }
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigError(
      `eval watch: ${path}: expected a list of evaluations, such as "- {task: sums.csv, model: openai:NAME}"`,
    );
  }
  const suite: WatchedEvaluation[] = [];
  for (const [i, one] of value.entries()) {
    const where = `${basename(path)}, evaluation ${i + 1}`;
    const { name, flags, given } = readEvaluation(one, where);
    const tasks = await chosenTasks(flags, modelRoles(flags).policies.length, {
      ...{ ...context, flags: given },
    }).catch((error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(`${where}: ${error.message}`, { cause: error });
    });
    for (const chosen of tasks) {
      const whole = tasks.length === 1 ? name : `${name}/${chosen.task.name}`;
      const fileName = whole.replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, "-");
      suite.push({ name: whole, fileName, flags, given, chosen });
    }
  }
  const names = suite.map(({ fileName }) => fileName);
  const twice = suite.find((_, i) => names.indexOf(names[i]!) < i);
  if (twice === undefined) return suite;
  throw new ConfigError(
    `eval watch: ${path}: two evaluations are called "${twice.name}"; give them a name each`,
  );
}

function readEvaluation(
  value: unknown,
  where: string,
): Pick<WatchedEvaluation, "name" | "flags" | "given"> {
  const fields = asFlags(value);
  const read = schema.safeParse(fields);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join(".")}: ${message}`,
    );
    throw new ConfigError(
      `${where}: ${problems.join("; ")}; its fields are the flags of \`foretoken eval run\`, without ${Object.keys(decided).join(", ")}`,
    );
  }
  const { name, ...asked } = read.data;
  for (const gate of asked.gate) parseGate(gate, `${where}: gate`);
  const plain = `${basename(asked.task, extname(asked.task))} ${asked.model.join(" ")}`;
  const flags = {
    ...asked,
    cache: false,
    format: "foretoken",
    forecast: false,
    regression: true,
  } as const;
  const { name: _, ...given } = fields as Readonly<Record<string, unknown>>;
  return { name: name ?? plain, flags, given };
}

const lists: ReadonlySet<string> = new Set(
  schemaFlags({ schema }).flatMap(({ key, isArray }) => (isArray ? [key] : [])),
);

/** Fields as the schema calls them, with lists where it has some. */
function asFlags(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [name, lists.has(name) && !Array.isArray(field) ? [field] : field];
    }),
  );
}
