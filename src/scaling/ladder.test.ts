import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildTinyDataset } from "../../test/fixtures/tiny-run.ts";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { TrainingContext } from "../train/train-run.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { openWorkspace, type Workspace } from "../workspace/workspace.ts";
import {
  type LadderChoices,
  type LadderEvent,
  type PlannedRun,
  planLadder,
  planTarget,
  runPlanned,
} from "./ladder.ts";

let folder: string;
let dataset: Dataset;
let choices: LadderChoices;
let workspaces = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-ladder-"));
  dataset = await openDataset(await buildTinyDataset(folder));
  const rungs = [1, 2, 3].map((depth) => ({ depth, seeds: 2 }));
  const device = "cpu" as const;
  choices = { name: "l", rungs, seed: 1, tokensPerParameter: 0.5, dataset, threads: 2, device };
});
afterAll(async () => {
  await dataset?.close();
  await rm(folder, { recursive: true, force: true });
});

async function withContext<Result>(
  threads: number,
  work: (context: TrainingContext & { readonly workspace: Workspace }) => Promise<Result>,
): Promise<Result> {
  const workspace = await openWorkspace(join(folder, `home${workspaces++}`));
  const runtime = await openRuntime({ threads });
  try {
    return await work({ workspace, runtime });
  } finally {
    runtime.release();
    await workspace.close();
  }
}

async function run(
  context: TrainingContext,
  plan: readonly PlannedRun[],
  onEvent: (event: LadderEvent) => void = () => {},
): Promise<RunRow[]> {
  const running = runPlanned(context, plan, {});
  for (;;) {
    const next = await running.next();
    if (next.done === true) return next.value;
    onEvent(next.value);
  }
}

const results = (rows: readonly RunRow[]) =>
  rows.map(({ name, status, lossNats }) => ({ name, status, lossNats }));

test("small runs get one thread; a run that dwarfs the others, and the target, get all", () => {
  expect(planLadder(choices).map(({ settings }) => settings.threads)).toEqual(Array(6).fill(1));
  const uneven = planLadder({
    ...choices,
    rungs: [1, 8].map((depth) => ({ depth, seeds: 1 })),
    threads: 8,
  });
  expect(uneven.map(({ settings }) => settings.threads)).toEqual([1, 8]);
  expect(planTarget(choices, 4).settings.threads).toBe(2);
  const onGpu = planLadder({ ...choices, device: "cuda" });
  expect(onGpu.every(({ settings }) => settings.threads === 2)).toBe(true);
});

test("runs go side by side and give what they give alone", async () => {
  const plan = [...planLadder(choices), planTarget(choices, 4)];
  const events: LadderEvent[] = [];
  const together = await withContext(2, (context) => run(context, plan, (one) => events.push(one)));
  expect(together.map(({ name }) => name)).toEqual(plan.map(({ name }) => name));

  const orderOf = (type: LadderEvent["type"], place: number) =>
    events.findIndex((event) => event.type === type && event.run === plan[place]);
  expect(orderOf("rung-start", 1)).toBeLessThan(orderOf("rung-end", 0));
  expect(orderOf("rung-start", 0)).toBeLessThan(orderOf("rung-end", 1));
  for (let place = 0; place < 6; place++) {
    expect(orderOf("rung-end", place)).toBeLessThan(orderOf("rung-start", 6)); // the target is last
  }
  const alone = await withContext(1, (context) => run(context, planLadder(choices)));
  expect(results(alone)).toEqual(results(together.slice(0, 6)));
});

test("after the signal all runs are saved, and the next call goes on to the same end", async () => {
  const plan = planLadder(choices);
  await withContext(2, async (context) => {
    const stop = new AbortController();
    let started = 0;
    const stopped = await run({ ...context, signal: stop.signal }, plan, (event) => {
      if (event.type === "rung-start") started++;
      if (event.type === "rung-delta" && event.event.type === "step-delta" && started > 2) {
        stop.abort();
      }
    });
    expect(stopped.length).toBeLessThan(6);
    expect(started).toBeLessThan(6);
    const reused: string[] = [];
    const rows = await run(context, plan, (event) => {
      if (event.type === "rung-end" && event.reused) reused.push(event.run.name);
    });
    expect(reused.toSorted()).toEqual(stopped.map(({ name }) => name).toSorted());
    const whole = await withContext(2, (other) => run(other, plan));
    expect(results(rows)).toEqual(results(whole));
  });
});

test("a run that fails stops the others, which are saved", async () => {
  const [first, second, ...rest] = planLadder(choices);
  const broken = { ...second!, settings: { ...second!.settings, gradientAccumulation: 7 } };
  await withContext(2, async (context) => {
    const started: string[] = [];
    const failing = run(context, [first!, broken, ...rest], (event) => {
      if (event.type === "rung-start") started.push(event.run.name);
    });
    await expect(failing).rejects.toThrow("gradientAccumulation: expected a divisor");
    expect(started).toEqual([first!.name, broken.name]);
    expect(await run(context, [first!])).toHaveLength(1);
  });
});
