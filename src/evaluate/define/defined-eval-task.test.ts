import { expect, test } from "vitest";
import { ProviderError } from "../../errors.ts";
import type { SampleContext } from "../eval-task.ts";
import { defineTask } from "./define-task.ts";
import { definedEvalTask } from "./defined-eval-task.ts";
import type { TaskDefinition } from "./task-definition.ts";

async function evaluate(solver: NonNullable<TaskDefinition["solver"]>, fault: Error) {
  const task = defineTask({ name: "t", samples: [{ input: "a" }], solver, scorer: () => 1 });
  const options = { file: "/tasks/t.ts", callArguments: {} };
  const evalTask = definedEvalTask(task, options);
  const [sample] = await evalTask.samples();
  const broken: SampleContext = {
    seed: 1,
    ask: () => Promise.reject(fault),
    complete: () => Promise.reject(fault),
    score: () => Promise.reject(fault),
  };
  return evalTask.evaluate(sample!, broken);
}

test("a fault of ours is none of the user's file, even where that catches it", async () => {
  const fault = new TypeError("a fault of ours");
  await expect(evaluate(({ messages }, ask) => ask(messages), fault)).rejects.toBe(fault);
  const caught = evaluate(({ messages }, ask) => ask(messages).catch(() => "no answer"), fault);
  await expect(caught).rejects.toBe(fault);
});

test("a provider's refusal fails the sample as it is, unless the file has an answer to it", async () => {
  const refusal = new ProviderError("no key", { isRetryable: false });
  await expect(evaluate([], refusal)).rejects.toBe(refusal);
  const caught = evaluate(({ messages }, ask) => ask(messages).catch(() => "no answer"), refusal);
  expect((await caught).scores).toEqual({ score: { value: 1 } });
});
