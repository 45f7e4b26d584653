import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { isSupportedClass } from "../../evaluate/registry/classes/eval-classes.ts";
import { matchesPattern, Registry } from "../../evaluate/registry/registry.ts";
import { defineCommand } from "../command.ts";
import { registryFlag } from "../eval-task-flags.ts";
import { textTable } from "../text-table.ts";

/** `foretoken eval list`: the evaluations of a registry. */
export const command = defineCommand({
  schema: z.strictObject({
    pattern: z.string().default("*").describe("names that count; * stands for anything"),
    registry: registryFlag,
  }),
  positionals: ["pattern"],
  async run({ pattern, registry: folders }, { directory, stdout }) {
    if (folders.length === 0) throw new ConfigError("eval list: expected --registry DIR");
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
