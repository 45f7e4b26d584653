import { resolve } from "node:path";
import { z } from "zod";
import { isSupportedClass } from "../../evaluate/registry/classes/eval-classes.ts";
import { matchesPattern, Registry } from "../../evaluate/registry/registry.ts";
import { builtInTasks } from "../../evaluate/tasks/built-in-tasks.ts";
import { defineCommand } from "../command.ts";
import type { Output } from "../context.ts";
import { registryFlag } from "../eval-task-flags.ts";
import { textTable } from "../text-table.ts";

/** `foretoken eval list`: the built-in evaluations, or those of a registry. */
export const command = defineCommand({
  schema: z.strictObject({
    pattern: z.string().default("*").describe("names that count; * stands for anything"),
    registry: registryFlag,
  }),
  positionals: ["pattern"],
  async run({ pattern, registry: folders }, { directory, stdout }) {
    if (folders.length === 0) return { json: { evals: builtIns(pattern, stdout), sets: [] } };
    const registry = new Registry(folders.map((folder) => resolve(directory, folder)));
    const names = [...(await registry.entries("evals")).keys()];
    const chosen = names.filter((name) => matchesPattern(name, pattern)).sort();
    const evals = await Promise.all(
      chosen.map(async (name) => {
        const { key, cls } = await registry.evalSpec(name);
        return { name, key, class: cls, isSupported: isSupportedClass(cls) };
      }),
    );
    const columns = [{ title: "name" }, { title: "stands for" }, { title: "class" }];
    const rows = evals.map(({ name, key, class: cls, isSupported }) => [
      ...[name, key === name ? "" : key],
      `${cls.replace(/^evals\.elsuite\./, "")}${isSupported ? "" : " (not supported)"}`,
    ]);
    stdout.write(textTable(columns, rows));
    const sets = [...(await registry.entries("eval_sets")).keys()];
    if (sets.length > 0) stdout.write(`sets: ${sets.join(", ")}\n`);
    return { json: { evals, sets } };
  },
});

function builtIns(pattern: string, stdout: Output) {
  const evals = Object.entries(builtInTasks)
    .filter(([name]) => matchesPattern(name, pattern))
    .map(([name, { summary }]) => ({ name, summary }));
  const rows = evals.map(({ name, summary }) => [name, summary]);
  stdout.write(textTable([{ title: "name" }, { title: "what it asks" }], rows));
  stdout.write("of a registry: eval list --registry DIR\n");
  return evals;
}
