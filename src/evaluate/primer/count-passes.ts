import type { TestItem } from "../../data/primer/test-items.ts";
import { scoreAnswer } from "./primer-tasks.ts";

/** How often a model passed a question. */
export interface PassedItem {
  readonly problem: string;
  readonly task: string;
  readonly difficulty: number;
  readonly passes: number;
  readonly samples: number;
}

/** Who answers, and how often. */
export interface PassCounting {
  readonly items: readonly TestItem[];
  /** Completions of a question's prompt, drawn at random. */
  readonly sample: (
    item: Pick<TestItem, "prompt" | "image" | "stop">,
    samples: number,
  ) => Promise<readonly string[]>;
  readonly samples: number;
}

/**
 * Asks each question many times and counts what is right. Answers that say the same are judged once:
 * small models repeat themselves, and each function that is run costs a fresh interpreter.
 */
export async function* countPasses({
  items,
  sample,
  samples,
}: PassCounting): AsyncGenerator<PassedItem> {
  for (const item of items) {
    const verdicts = new Map<string, boolean>();
    let passes = 0;
    for (const completion of await sample(item, samples)) {
      const answer = completion.split(item.stop, 1)[0]!;
      const known = verdicts.get(answer) ?? (await scoreAnswer(item, answer)).correct;
      verdicts.set(answer, known);
      if (known) passes++;
    }
    const { id, task, difficulty } = item;
    yield { problem: id, task, difficulty, passes, samples };
  }
}
