import { describe, expect, test } from "vitest";
import { openRuntime } from "../tensor/runtime.ts";
import type { DeviceName } from "../tensor/session.ts";
import { openTraining, randomBatch, tinyModel } from "./_training-fixture.ts";
import { parameterGroups, separateGroups } from "./parameter-groups.ts";

/** Accelerators to train on, by `FORETOKEN_TEST_DEVICES=webgpu,cuda`. */
const devices = (process.env["FORETOKEN_TEST_DEVICES"] ?? "").split(",").filter(Boolean);

async function lossesOn(device: DeviceName): Promise<number[]> {
  const runtime = await openRuntime({ device });
  const groups = separateGroups(parameterGroups(tinyModel));
  const training = await openTraining(runtime, { groups, hasDocuments: true });
  const documents = new Int32Array(32).fill(1);
  const losses: number[] = [];
  for (let step = 1; step <= 5; step++) {
    const { loss } = await training.stepper.step(
      { ...randomBatch(step), documents },
      { step, learningRate: 0.01, weightDecay: 0.1, clipNorm: 1 },
    );
    losses.push(loss);
  }
  training.release();
  runtime.release();
  return losses;
}

describe.each(devices.length > 0 ? devices : ["an accelerator"])("training on %s", (device) => {
  test("gives the CPU's losses over several steps", async (context) => {
    context.skip(devices.length === 0, "needs a GPU: set FORETOKEN_TEST_DEVICES to its device");
    const expected = await lossesOn("cpu");
    const losses = await lossesOn(device as DeviceName);
    // sums in another order, amplified by Adam where gradients are near zero
    for (const [index, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[index]!, 2);
    expect(losses.at(-1)).not.toBe(losses[0]);
  }, 180_000); // a GPU in software takes up to 40 s on a busy machine
});
