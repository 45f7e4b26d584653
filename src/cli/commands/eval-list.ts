import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { isSupportedClass } from "../../evaluate/registry/classes/eval-classes.ts";
import { unsupportedClass } from "../../evaluate/registry/completion-functions.ts";
import { nearestNames } from "../../evaluate/registry/nearest-names.ts";
import { matchesPattern, Registry, registryKinds } from "../../evaluate/registry/registry.ts";
import { builtInTasks } from "../../evaluate/tasks/built-in-tasks.ts";
import { defineCommand } from "../command.ts";
import type { Output } from "../context.ts";
import { registryFlag } from "../eval-task-flags.ts";
import { textTable } from "../text-table.ts";

/** `foretoken eval list`: the built-in evaluations, or what a registry has. */
export const command = defineCommand({
  schema: z.strictObject({
    pattern: z.string().default("*").describe("names that count; * stands for anything"),
    registry: registryFlag,
    kind: z
      .enum(registryKinds)
      .default("evals")
      .describe("evaluations, models (completion_fns, solvers), graders or sets"),
  }),
  positionals: ["pattern"],
  async run({ pattern, registry: folders, kind }, { directory, stdout }) {
    if (folders.length === 0) {
      if (kind === "evals") return { json: { evals: builtIns(pattern, stdout), sets: [] } };
      throw new ConfigError(`eval list: --kind ${kind} is of a registry; give --registry DIR`);
    }
    const registry = new Registry(folders.map((folder) => resolve(directory, folder)));
    const entries = await registry.entries(kind);
    const names = namesLike(pattern, [...entries.keys()]).sort();
    if (kind === "evals") return { json: await listEvals(registry, names, stdout) };
    if (kind !== "completion_fns" && kind !== "solvers") {
      const rows = names.map((name) => [name, entries.get(name)!.group]);
      stdout.write(textTable([{ title: "name" }, { title: "file" }], rows));
      return { json: { [kind]: names } };
    }
    const models = await Promise.all(
      names.map(async (name) => {
        const strange = await unsupportedClass(name, registry);
        const cls = String(entries.get(name)!.fields["class"]);
        return { name, class: cls, isSupported: strange === undefined, strange };
      }),
    );
    const rows = models.map(({ name, class: cls, strange }) => [
      ...[name, cls.replace(/^evals\./, ""), strange === undefined ? "" : `lacks ${strange}`],
    ]);
    stdout.write(textTable([{ title: "name" }, { title: "class" }, { title: "" }], rows));
    return { json: { [kind]: models } };
  },
});

/** @throws {ConfigError} when a pattern of the user's is like none; the message names what is near */
function namesLike(pattern: string, names: readonly string[]): string[] {
  const found = names.filter((name) => matchesPattern(name, pattern));
  if (found.length > 0 || pattern === "*") return found;
  const near = nearestNames(pattern, names);
  throw new ConfigError(
    `eval list: no name of ${names.length} is like "${pattern}"; ${near.length > 0 ? `near are ${near.join(", ")}; ` : ""}* stands for anything`,
  );
}

function builtIns(pattern: string, stdout: Output) {
  const evals = namesLike(pattern, Object.keys(builtInTasks)).map((name) => ({
    ...{ name, summary: builtInTasks[name]!.summary },
  }));
  const rows = evals.map(({ name, summary }) => [name, summary]);
  stdout.write(textTable([{ title: "name" }, { title: "what it asks" }], rows));
  stdout.write("of a registry: eval list --registry DIR\n");
  return evals;
}

/** The evaluations, and the names of the sets. */
async function listEvals(
  registry: Registry,
  names: readonly string[],
  stdout: Output,
): Promise<object> {
  const evals = await Promise.all(
    names.map(async (name) => {
      try {
        const { key, cls } = await registry.evalSpec(name);
        return { name, key, class: cls, isSupported: isSupportedClass(cls) };
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return { name, key: null, class: null, isSupported: false, problem: error.message };
      }
    }),
  );
  const columns = [{ title: "name" }, { title: "stands for" }, { title: "class" }];
  const rows = evals.map(({ name, key, class: cls, isSupported, problem }) => [
    ...[name, key === name ? "" : (key ?? "")],
    cls === null
      ? `cannot be used: ${problem}`
      : `${cls.replace(/^evals\.elsuite\./, "")}${isSupported ? "" : " (not supported)"}`,
  ]);
  stdout.write(textTable(columns, rows));
  const sets = [...(await registry.entries("eval_sets")).keys()];
  if (sets.length > 0) stdout.write(`sets: ${sets.join(", ")}\n`);
  return { evals, sets };
}
