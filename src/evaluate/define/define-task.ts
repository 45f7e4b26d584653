import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { type ScorerName, scorers } from "../scorers/scorers.ts";
import type { Scorer, Task, TaskDefinition } from "./task-definition.ts";
import { resolvedScorer } from "./task-scorers.ts";

const aFunction = z.custom<unknown>((value) => typeof value === "function", "expected a function");

const scorer = z.union(
  [
    z.enum(Object.keys(scorers) as [ScorerName, ...ScorerName[]]),
    aFunction,
    z.looseObject({ score: aFunction, kind: z.enum(["binary", "share", "number"]) }),
  ],
  `expected a function, { score, kind } or one of ${Object.keys(scorers).join(", ")}`,
);

const definitionSchema = z.strictObject({
  name: z.string().min(1),
  samples: z.union([z.array(z.unknown()), aFunction], "expected a list or a function"),
  solver: z.union([aFunction, z.array(aFunction)], "expected functions").optional(),
  scorer: scorer.optional(),
  scorers: z.record(z.string().regex(/^[\w.-]+$/), scorer).optional(),
  metrics: z.record(z.string(), aFunction).optional(),
  epochs: z.int().min(1).optional(),
  cluster: z.string().min(1).optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
});

const tasks = new WeakSet<object>();

/**
 * An evaluation in code, for `foretoken eval run FILE`: the file exports what this gives.
 *
 * @throws {ConfigError} when a field is missing, unknown or of another type
 */
export function defineTask(definition: TaskDefinition): Task {
  const found = definitionSchema.safeParse(definition);
  if (!found.success) {
    throw new ConfigError(`defineTask: ${z.prettifyError(found.error).replace(/\s*\n\s*/g, " ")}`);
  }
  const names = Object.keys(scorersOf(definition));
  if (names.length === 0)
    throw new ConfigError("defineTask: expected a scorer, or scorers by name");
  const task = { name: definition.name, definition };
  tasks.add(task);
  return task;
}

/** Whether something was made by `defineTask`. */
export function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && tasks.has(value);
}

function singleName(scorer: Scorer): string {
  return resolvedScorer(scorer).kind === "binary" ? "accuracy" : "score";
}

/** The scorers of a task by the names of their scores. */
export function scorersOf({ scorer, scorers }: TaskDefinition): Readonly<Record<string, Scorer>> {
  if (scorer === undefined) return scorers ?? {};
  if (scorers === undefined) return { [singleName(scorer)]: scorer };
  throw new ConfigError("defineTask: expected a scorer or scorers, got both");
}
