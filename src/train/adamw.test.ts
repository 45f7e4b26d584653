import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { evaluator, mismatches } from "../tensor/_op-fixture.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { adamRates, adamScalars, adamw } from "./adamw.ts";
import type { ParameterGroup } from "./parameter-groups.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime?.release());

const size = 12;
const steps = 10;
const weightDecay = 0.3;

/** What happens at a step (1 for the first). */
const learningRate = (step: number) => 0.02 * Math.min(1, step / 4);
const clip = (step: number) => (step % 3 === 0 ? 0.25 : 1);

function gradientsOf(seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: steps }, (_, step) =>
    // the last element is zero until step 5, as an unseen token's row; sizes go from 1 down to Adam's epsilon
    Array.from({ length: size }, (_, i) =>
      i === size - 1 && step < 4 ? 0 : Math.fround(random.normal() * 10 ** (2 * (i % 7) - 12)),
    ),
  );
}

function groupOf(learningRateScale: number, decays: boolean): ParameterGroup {
  const rule = { initStd: 1, learningRateScale, weightDecay: decays };
  return { key: "w", shape: [size], rule, members: [] };
}

/** Parameters after each step, by the graph. */
async function byGraph(group: ParameterGroup, start: number[], gradients: number[][]) {
  const scalar = (name: string) => input(name, "float32", []);
  const tensor = (name: string) => input(name, "float32", [size]);
  const scalars = {
    clip: scalar("clip"),
    learningRate: scalar("learningRate"),
    keep: scalar("keep"),
    adamStep: scalar("adamStep"),
    adamEpsilon: scalar("adamEpsilon"),
  };
  const state = [tensor("first"), tensor("second")];
  const gradient = tensor("gradient");
  const next = adamw.update({ group, parameter: tensor("w"), gradient, state, scalars });
  const outputs = { next: next.parameter, m: next.state[0]!, v: next.state[1]! };
  const program = await evaluator(runtime, outputs);
  let [w, first, second] = [start, Array(size).fill(0), Array(size).fill(0)];
  const path: number[][] = [];
  for (let step = 1; step <= steps; step++) {
    const result = await program.run({
      w,
      first,
      second,
      gradient: gradients[step - 1]!,
      clip: [clip(step)],
      keep: [1 - learningRate(step) * weightDecay],
      ...Object.fromEntries(
        Object.entries(adamScalars(step, learningRate(step))).map(([name, x]) => [name, [x]]),
      ),
    });
    [w, first, second] = [result["next"]!, result["m"]!, result["v"]!];
    path.push(w);
  }
  program.release();
  return path;
}

/** Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, in double precision. */
function byHand(group: ParameterGroup, start: number[], gradients: number[][]): number[][] {
  const { learningRateScale, weightDecay: decays } = group.rule;
  const { first: b1, second: b2, epsilon } = adamRates;
  const w = [...start];
  const [m, v] = [Array<number>(size).fill(0), Array<number>(size).fill(0)];
  return gradients.map((gradient, index) => {
    const t = index + 1;
    for (let i = 0; i < size; i++) {
      const g = clip(t) * gradient[i]!;
      m[i] = b1 * m[i]! + (1 - b1) * g;
      v[i] = b2 * v[i]! + (1 - b2) * g * g;
      const mean = m[i]! / (1 - b1 ** t);
      const deviation = Math.sqrt(v[i]! / (1 - b2 ** t));
      const decay = decays ? learningRate(t) * weightDecay * w[i]! : 0;
      w[i] = w[i]! - learningRate(t) * learningRateScale * (mean / (deviation + epsilon)) - decay;
    }
    return [...w];
  });
}

/** Ten steps, each of about ten float32 roundings (2^-24) of values near 1: below 6e-6. */
const tolerance = 6e-6;

for (const [learningRateScale, decays] of [
  [1, true],
  [0.125, true],
  [16, false],
] as const) {
  test(`ten steps are Loshchilov and Hutter's: rate scale ${learningRateScale}, decay ${decays}`, async () => {
    const group = groupOf(learningRateScale, decays);
    const random = new Random(3);
    const start = Array.from({ length: size }, () => Math.fround(random.normal()));
    const gradients = gradientsOf(4);
    const [actual, expected] = [
      await byGraph(group, start, gradients),
      byHand(group, start, gradients),
    ];
    expect(
      mismatches(actual.flat(), expected.flat(), tolerance * Math.max(1, learningRateScale)),
    ).toEqual([]);
    const moved = expected.at(-1)!.map((value, i) => Math.abs(value - start[i]!));
    expect(Math.min(...moved)).toBeGreaterThan(100 * tolerance); // even where gradients are tiny
  });
}

test("without gradients only the decay is left, whatever the tensor's rate", async () => {
  const start = Array<number>(size).fill(2);
  const gradients = Array.from({ length: steps }, () => Array<number>(size).fill(0));
  let kept = 2;
  for (let step = 1; step <= steps; step++) kept *= 1 - learningRate(step) * weightDecay;
  for (const scale of [0.01, 1, 16]) {
    const path = await byGraph(groupOf(scale, true), start, gradients);
    expect(mismatches(path.at(-1)!, Array(size).fill(kept), tolerance)).toEqual([]);
    expect((await byGraph(groupOf(scale, false), start, gradients)).at(-1)).toEqual(start);
  }
});

test("the first step moves an element by the learning rate unless its gradient is near epsilon", async () => {
  const start = Array<number>(size).fill(0);
  const gradients = gradientsOf(5);
  const [first] = await byGraph(groupOf(1, true), start, gradients);
  const expected = gradients[0]!.map(
    (g) => (-learningRate(1) * g) / (Math.abs(g) + adamRates.epsilon),
  );
  expect(mismatches(first!, expected, 1e-8)).toEqual([]);
});
