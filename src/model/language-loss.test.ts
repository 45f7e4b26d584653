import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, mismatches } from "../tensor/_op-fixture.ts";
import { causalMask } from "../tensor/attention.ts";
import { grad } from "../tensor/grad.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { sum } from "../tensor/shapes.ts";
import { input, type Tensor } from "../tensor/tensor.ts";
import { bySequence, parameterValues, timeMajor, tinyConfig } from "./_decoder-fixture.ts";
import { parameterInputs } from "./blocks.ts";
import { documentMask, languageLoss } from "./language-loss.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

interface Sequences {
  readonly tokens: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly documents?: readonly (readonly number[])[];
}

/** Losses [sequence][time], and the gradients of their sum by parameter name. */
async function losses({ tokens, targets, documents }: Sequences) {
  const batch = tokens.length;
  const time = tokens[0]!.length;
  const parameters = parameterInputs(tinyConfig);
  const nats = languageLoss(parameters, tinyConfig, {
    tokens: input("tokens", "int32", [time * batch]),
    targets: input("targets", "int32", [time * batch]),
    documents: documents && input("documents", "int32", [batch, time]),
    batch,
  });
  const names = Object.keys(parameters);
  const gradients = grad(sum(nats), Object.values(parameters));
  const outputs: Record<string, Tensor> = { nats };
  names.forEach((name, index) => {
    outputs[`gradient of ${name}`] = gradients[index]!;
  });
  const results = await evaluate(runtime, outputs, {
    ...parameterValues(tinyConfig),
    tokens: timeMajor(tokens),
    targets: timeMajor(targets),
    ...(documents && { documents: documents.flat() }),
  });
  return {
    nats: bySequence(results["nats"]!, batch),
    gradients: names.map((name) => results[`gradient of ${name}`]!),
  };
}

const first = { tokens: [3, 1, 4], targets: [1, 4, 7] };
const second = { tokens: [1, 5, 9, 2], targets: [5, 9, 2, -1] };
const whole = { tokens: [6, 5, 3, 5, 8, 9, 7], targets: [5, 3, 5, 8, 9, 7, 0] };
const packed = {
  tokens: [[...first.tokens, ...second.tokens], whole.tokens],
  targets: [[...first.targets, ...second.targets], whole.targets],
};
const alone = ({ tokens, targets }: typeof first) =>
  losses({ tokens: [tokens], targets: [targets] });

// two layers in float32, rotated by other angles for the same differences of positions
const tolerance = 2e-5;

test("documents packed into one sequence have the losses and gradients of each alone", async () => {
  const documents = [
    [0, 0, 0, 1, 1, 1, 1],
    [4, 4, 4, 4, 4, 4, 4],
  ];
  const together = await losses({ ...packed, documents });
  const parts = [await alone(first), await alone(second), await alone(whole)] as const;
  const expected = [[...parts[0].nats[0]!, ...parts[1].nats[0]!], parts[2].nats[0]!];
  expect(expected.flat().filter((nats) => nats !== 0)).toHaveLength(13);
  expected.forEach((nats, sequence) => {
    expect(mismatches(together.nats[sequence]!, nats, tolerance)).toEqual([]);
  });
  together.gradients.forEach((gradient, index) => {
    const total = gradient.map((_, i) =>
      parts.reduce((t, part) => t + part.gradients[index]![i]!, 0),
    );
    expect(total.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    expect(mismatches(gradient, total, 10 * tolerance)).toEqual([]);
  });
});

test("without documents a position sees all before it", async () => {
  const unmasked = await losses(packed);
  const separate = await alone(second);
  expect(
    mismatches(unmasked.nats[0]!.slice(0, 3), (await alone(first)).nats[0]!, tolerance),
  ).toEqual([]);
  expect(
    mismatches(unmasked.nats[0]!.slice(3, 6), separate.nats[0]!.slice(0, 3), 0.01),
  ).toHaveLength(3);
  const oneDocument = await losses({ ...packed, documents: [Array(7).fill(2), Array(7).fill(0)] });
  for (const sequence of [0, 1]) {
    expect(mismatches(oneDocument.nats[sequence]!, unmasked.nats[sequence]!, tolerance)).toEqual(
      [],
    );
  }
});

test("the document mask shows a position itself and what is before it in its document", async () => {
  const documents = input("documents", "int32", [2, 3]);
  const outputs = { mask: documentMask(documents) };
  expect(outputs.mask.shape).toEqual([2, 1, 3, 3]);
  const { mask } = await evaluate(runtime, outputs, { documents: [0, 1, 1, 5, 5, 5] });
  expect(mask!.map((score) => score === 0)).toEqual(
    [1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1].map(Boolean),
  );
  expect(mask!.slice(9)).toEqual([...causalMask(3)]);
});
