import { hashText, Random } from "../random.ts";
import { type PrimerTaskName, primerTasks } from "./tasks.ts";

/** Changes when the generators give other text for the same seed. */
export const primerVersion = 1;

/** Training documents of a task without an end; equal seeds give equal documents. */
export function* primerDocuments(task: PrimerTaskName, seed: number): Generator<string> {
  for (let number = 0; ; number++) {
    yield primerTasks[task].document(new Random(seed, hashText(task), number));
  }
}
