import { resolve } from "node:path";
import { z } from "zod";
import { isSupportedClass } from "../../evaluate/registry/classes/eval-classes.ts";
import { unsupportedClass } from "../../evaluate/registry/completion-functions.ts";
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
    if (folders.length === 0) return { json: { evals: builtIns(pattern, stdout), sets: [] } };
    const registry = new Registry(folders.map((folder) => resolve(directory, folder)));
    const entries = await registry.entries(kind);
    const names = [...entries.keys()].filter((name) => matchesPattern(name, pattern)).sort();
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

function builtIns(pattern: string, stdout: Output) {
  const evals = Object.entries(builtInTasks)
    .filter(([name]) => matchesPattern(name, pattern))
    .map(([name, { summary }]) => ({ name, summary }));
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
  return { evals, sets };
}
