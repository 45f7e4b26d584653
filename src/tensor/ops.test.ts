import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elementwiseCases } from "./_elementwise-cases.ts";
import {
  attentionCases,
  cachedAttentionCases,
  lossCases,
  normalisationCases,
  productCases,
  rotationCases,
} from "./_layer-cases.ts";
import { checkCase, floats, type OpCase, opCase, projected } from "./_op-fixture.ts";
import { quantisedCases } from "./_quantised-cases.ts";
import { targets } from "./_runtime-fixture.ts";
import { indexingCases, reductionCases, shapeCases } from "./_shape-cases.ts";
import { grad } from "./grad.ts";
import { type OpName, ops } from "./ops.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { constant, input, type Node } from "./tensor.ts";

/** What `fixedInput` gives is in fixed-inputs.test.ts: one runtime has it. */
type TestedOp = Exclude<OpName, "fixedInput">;

const cases: { readonly [name in TestedOp]: readonly OpCase[] } = {
  input: [
    opCase([floats([2], [1, -2])], (x) => x, { expected: [1, -2] }),
    opCase([floats([0], [])], (x) => x, { expected: [] }),
  ],
  constant: [opCase([], () => constant([1, -2], [2]), { expected: [1, -2] })],
  ...elementwiseCases,
  ...shapeCases,
  ...reductionCases,
  ...productCases,
  ...quantisedCases,
  ...normalisationCases,
  ...indexingCases,
  ...rotationCases,
  ...attentionCases,
  ...cachedAttentionCases,
  ...lossCases,
};

const names = (Object.keys(ops) as OpName[]).filter((name) => name !== "fixedInput");

function build({ inputs, build: output }: OpCase) {
  const tensors = inputs.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  return { tensors, output: output(...tensors) };
}

test.each(names)("%s has cases that apply it", (name) => {
  expect(ops[name].name).toBe(name);
  expect(cases[name].length).toBeGreaterThan(0);
  for (const opCase of cases[name]) {
    const reached = new Set<Node>([build(opCase).output.node]);
    for (const node of reached) for (const { node: source } of node.inputs) reached.add(source);
    expect([...reached].map(({ rule }) => rule.name)).toContain(name);
  }
});

test.each(names)("%s stops the gradients that its cases say", (name) => {
  for (const opCase of cases[name]) {
    const { tensors, output } = build(opCase);
    for (const index of opCase.stopped) {
      expect(() => grad(projected(output), [tensors[index]!])).toThrow(
        /^grad: the loss does not depend on /,
      );
    }
  }
});

const programs = [
  ...targets.map((target) => ({ ...target, writtenFor: target.device })),
  { kind: "native", device: "cpu", writtenFor: "webgpu" } as const,
];

describe.each(programs)("on $kind $device, written for $writtenFor", (program) => {
  const { kind, device, writtenFor } = program;
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ kind, device });
  });
  afterAll(() => runtime?.release());

  test.for(names)("%s gives its values and the gradients of its differences", async (name, t) => {
    for (const opCase of cases[name]) {
      const wrong = checkCase(runtime, opCase, writtenFor).catch((error: Error) => {
        t.skip(/requires f16 but/.test(error.message), "needs a GPU that computes in float16");
        throw error;
      });
      expect(await wrong).toEqual([]);
    }
  });
});
