import { expect, test } from "vitest";
import type { LadderEvent, PlannedRun } from "../scaling/ladder.ts";
import type { StepEvent } from "../train/train-event.ts";
import type { Context } from "./context.ts";
import { ladderProgress } from "./ladder-progress.ts";

const run = (depth: number, flops: number) =>
  ({ name: `ladder-d${depth}-s1`, settings: { depth, seed: 1 }, flops }) as unknown as PlannedRun;
const small = run(1, 100);
const large = run(2, 300);
const step = (one: PlannedRun, done: number, lossNats: number): LadderEvent => ({
  type: "rung-delta",
  run: one,
  event: { type: "step-delta", step: done, steps: 10, lossNats } as StepEvent,
});
const ended = (one: PlannedRun, lossNats: number, reused = false): LadderEvent =>
  ({ type: "rung-end", run: one, row: { lossNats, seconds: 4 }, reused }) as LadderEvent;

/** The lines that a progress writes to a file, with a clock that moves ten seconds an event. */
function shown(events: readonly LadderEvent[], json = false): string[] {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text) };
  let seconds = 0;
  const context = { stderr, isTty: false, json } as unknown as Context;
  const progress = ladderProgress(context, () => 1000 * seconds);
  for (const event of events) {
    seconds += 10;
    progress.show(event);
  }
  progress.end();
  return written.join("").trim().split("\n");
}

test("runs side by side share a line, which says how long all of them will take", () => {
  const plan = [small, large];
  const lines = shown([
    { type: "rung-start", run: small, plan },
    { type: "rung-start", run: large, plan },
    step(small, 5, 4.5),
    step(large, 1, 4.25),
    ended(small, 4.125),
    step(large, 2, 4),
    ended(large, 3.5),
  ]);
  expect(lines).toEqual([
    // 50 of 400 FLOPs in 20 s
    "runs 0/2 0% · depth 1 seed 1 50% loss 4.500 · 2m20s left",
    "runs 0/2 0% · depth 1 seed 1 50% loss 4.500 · depth 2 seed 1 10% loss 4.250 · 2m00s left",
    "ladder-d1-s1: loss 4.1250 nats per token, in 4.0s (1 of 2)",
    "runs 1/2 50% · depth 2 seed 1 20% loss 4.000 · 1m15s left",
    "ladder-d2-s1: loss 3.5000 nats per token, in 4.0s (2 of 2)",
    "runs 2/2 100% · 0.0s left",
  ]);
});

test("what was done before does not count as speed", () => {
  const plan = [small, large];
  const lines = shown([
    { type: "rung-start", run: small, plan },
    ended(small, 4.125, true),
    { type: "rung-start", run: large, plan },
    step(large, 5, 4),
  ]);
  expect(lines).toEqual([
    "ladder-d1-s1: loss 4.1250 nats per token, was done already (1 of 2)",
    "runs 1/2 50% · depth 2 seed 1 50% loss 4.000 · 30s left",
  ]);
});

test("a run alone has its name and a line of its own", () => {
  const lines = shown([{ type: "rung-start", run: large, plan: [large] }, ended(large, 3.5)]);
  expect(lines).toEqual(["ladder-d2-s1", "  loss 3.5000 nats per token, in 4.0s"]);
});

test("programs get every run that goes on", () => {
  const plan = [small, large];
  const [first] = shown([{ type: "rung-start", run: small, plan }, step(small, 5, 4.5)], true);
  expect(JSON.parse(first!)).toMatchObject({
    ...{ progress: "runs", done: 0, total: 2 },
    going: [{ name: "ladder-d1-s1", step: 5, steps: 10, lossNats: 4.5 }],
  });
});
