import type { BuiltInTask } from "./built-in-task.ts";
import { gsm8k } from "./gsm8k.ts";
import { humanEval } from "./human-eval.ts";
import { primer } from "./primer.ts";

/** The tasks that come with Foretoken, by the names that `eval run` takes. */
export const builtInTasks: Readonly<Record<string, BuiltInTask>> = {
  gsm8k,
  "human-eval": humanEval,
  primer,
};
