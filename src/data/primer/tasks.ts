import { arithmetic } from "./arithmetic.ts";
import { facts } from "./facts.ts";
import { functions } from "./functions.ts";
import type { PrimerTask } from "./problem.ts";
import { programs } from "./programs.ts";
import { sequences } from "./sequences.ts";
import { stories } from "./stories.ts";

/** The generated parts of the primer. */
export type PrimerTaskName =
  | "arithmetic"
  | "sequences"
  | "functions"
  | "programs"
  | "facts"
  | "stories";

/** Every generated part, by the name that recipes use. */
export const primerTasks: { readonly [name in PrimerTaskName]: PrimerTask } = {
  arithmetic,
  sequences,
  functions,
  programs,
  facts,
  stories,
};

/** The names that `primer:` accepts. */
export const primerTaskNames = Object.keys(primerTasks) as readonly PrimerTaskName[];

/** Whether a text names a generated part. */
export function isPrimerTask(name: string): name is PrimerTaskName {
  return Object.hasOwn(primerTasks, name);
}
