import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ModelAnswer } from "../../language-model/language-model.ts";
import { sharedPath, sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import type { SampleContext, SampleOutcome } from "../eval-task.ts";
import { chatPrompt, type SamplePrompt } from "./chat-text.ts";
import { evalTask } from "./classes/eval-classes.ts";
import { Registry } from "./registry.ts";

/** A call of a model as the Python framework made it. */
interface GoldenCall {
  readonly sample_id: string;
  readonly role: "policy" | "grader";
  readonly prompt: SamplePrompt;
  readonly kwargs: unknown;
  readonly completion: string;
}

/** A run of the Python framework. */
interface GoldenRun {
  readonly eval: string;
  readonly order: readonly string[];
  readonly report: Readonly<Record<string, number>>;
  readonly calls: readonly GoldenCall[];
  readonly events: readonly { sample_id: string; type: string; data: unknown }[];
}

const root = sharedPath("openai-evals-golden");
const registries = {
  full: "openai-evals",
  excerpts: "openai-evals-excerpts",
  synthetic: "openai-evals-synthetic",
} as const;
const runs = Object.keys(registries).flatMap((kind) =>
  root === undefined
    ? []
    : readdirSync(join(root, kind))
        .filter((name) => name.startsWith("golden."))
        .map((name) => [kind as keyof typeof registries, name] as const),
);

test("there are golden runs", (context) => {
  context.skip(root === undefined, withoutSharedData);
  expect(runs.length).toBe(43);
});

test.each(runs)("%s/%s: the same questions, events and report", async (kind, name) => {
  const golden = JSON.parse(sharedText(`openai-evals-golden/${kind}/${name}`)!) as GoldenRun;
  const registry = new Registry([sharedPath(registries[kind])!]);
  const spec = await registry.evalSpec(golden.eval);
  const task = await evalTask({
    ...{ spec, registry, args: spec.args, directory: root!, maxSamples: undefined },
    policies: spec.args["multicomp_n"] === "from_models" ? 2 : 1,
  });
  const samples = await task.samples();
  expect(samples.map(({ id }) => id)).toEqual([...new Set(golden.order)]);
  const outcomes: SampleOutcome[] = [];
  const events: unknown[] = [];
  for (const sample of samples) {
    const outcome = await task.evaluate(sample, replaying(golden.calls, sample.id));
    outcomes.push(outcome);
    for (const event of outcome.events) events.push({ sample_id: sample.id, ...event });
  }
  expect(events).toEqual(golden.events);
  const report = task.report(outcomes);
  for (const [key, value] of Object.entries(golden.report)) {
    expect([key, report[key]]).toEqual([key, expect.closeTo(value, 9)]);
  }
  const own = Object.keys(report).filter((key) => key !== "boostrap_std");
  expect(own).toEqual(Object.keys(golden.report));
});

/** Answers a sample's questions as they were answered, and compares what is asked. */
function replaying(calls: readonly GoldenCall[], id: string): SampleContext {
  const left = calls.filter(({ sample_id }) => sample_id === id);
  return {
    seed: 20220722,
    score: () => Promise.reject(new Error("the original asks for no likelihood")),
    complete: () => Promise.reject(new Error("the original asks for no completion")),
    async ask(model, messages, callArguments): Promise<ModelAnswer> {
      const call = left.shift();
      expect(call, `${id}: one call more than the original made`).toBeDefined();
      expect(messages).toEqual(chatPrompt(call!.prompt)); // a text is one system message
      expect(callArguments).toEqual(call!.kwargs);
      expect(model === "grader" ? "grader" : "policy").toBe(call!.role);
      return {
        ...{ texts: [call!.completion], finishReasons: ["stop"], toolCalls: [[]] },
        ...{ usage: undefined, model: "golden", unsupported: [] },
      };
    },
  };
}
