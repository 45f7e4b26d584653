import { afterAll, beforeAll, expect, test } from "vitest";
import { parameterCounts } from "../model/counts.ts";
import { parameterSpecs } from "../model/parameters.ts";
import { transferDefaults, transferRule } from "../model/transfer.ts";
import { evaluate } from "../tensor/_op-fixture.ts";
import { elementCount } from "../tensor/dtype.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { tinyModel } from "./_training-fixture.ts";
import { memberTensors, parameterGroups, separateGroups } from "./parameter-groups.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime?.release());

const deep = { ...tinyModel, layers: 5 }; // norms in blocks learn slower than the last one

test("every element of every tensor lies in one group, once", () => {
  const groups = parameterGroups(deep);
  const members = groups.flatMap((group) => group.members);
  expect(members.map(({ name }) => name).toSorted()).toEqual(
    parameterSpecs(deep)
      .map(({ name }) => name)
      .toSorted(),
  );
  for (const group of groups) {
    let end = 0;
    for (const member of group.members) {
      expect(member.offset).toBe(end);
      end += elementCount(member.shape);
    }
    expect(end).toBe(elementCount(group.shape));
  }
  const total = groups.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  expect(total).toBe(parameterCounts(deep).total);
  expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
});

test("a group has the rule of each of its tensors, under the settings given", () => {
  const settings = { ...transferDefaults, depthExponent: 1, headLearningRate: 7 };
  for (const chosen of [undefined, settings]) {
    for (const { rule, members } of parameterGroups(deep, chosen)) {
      for (const member of members) {
        const { learningRateScale, weightDecay } = transferRule(member, deep, chosen);
        expect(rule.learningRateScale).toBe(learningRateScale);
        expect(rule.weightDecay).toBe(weightDecay);
      }
    }
  }
});

test("vectors with one rule are one group, a matrix is its own", () => {
  const [blockNorms, lastNorm, ...matrices] = parameterGroups(deep);
  expect(blockNorms!.members).toHaveLength(10);
  expect(lastNorm!.members.map(({ name }) => name)).toEqual(["model.norm.weight"]);
  expect(matrices).toHaveLength(5 * 7 + 2);
  for (const { members, shape } of matrices) {
    expect(members).toHaveLength(1);
    expect(shape).toEqual(members[0]!.shape);
  }
});

test("separated, every tensor is a group with its rule, in the same order", () => {
  const joined = parameterGroups(deep);
  const separate = separateGroups(joined);
  expect(separate.map(({ key }) => key)).toEqual(
    joined.flatMap(({ members }) => members.map(({ name }) => name)),
  );
  for (const { key, shape, rule, members } of separate) {
    expect(members).toMatchObject([{ name: key, shape, offset: 0 }]);
    expect(rule).toBe(joined.find((group) => group.members.some(({ name }) => name === key))!.rule);
  }
});

test("members are cut out of their group's values", async () => {
  const groups = parameterGroups(tinyModel);
  const tensors = groups.map(({ key, shape }) => input(key, "float32", shape));
  let next = 0;
  const values = Object.fromEntries(
    groups.map(({ key, shape }) => [
      key,
      Array.from({ length: elementCount(shape) }, () => next++),
    ]),
  );
  const members = memberTensors(groups, tensors);
  const outputs = Object.fromEntries(
    Object.entries(members).map(([name, tensor]) => [`out ${name}`, tensor]),
  );
  const results = await evaluate(runtime, outputs, values);
  for (const { key, members: cut } of groups) {
    for (const { name, offset, shape } of cut) {
      expect(members[name]!.shape).toEqual(shape);
      const wanted = values[key]!.slice(offset, offset + elementCount(shape));
      expect(results[`out ${name}`]).toEqual(wanted);
    }
  }
});
