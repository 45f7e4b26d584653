import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, mismatches } from "../tensor/_op-fixture.ts";
import { causalMask } from "../tensor/attention.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { constant, input } from "../tensor/tensor.ts";
import { bySequence, parameterValues, timeMajor, tinyConfig } from "./_decoder-fixture.ts";
import { parameterInputs } from "./blocks.ts";
import type { ModelConfig } from "./config.ts";
import { decoder } from "./decoder.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

/** Hidden rows [sequence][time * embedDim]. */
async function hiddenRows(
  config: ModelConfig,
  values: Readonly<Record<string, readonly number[]>>,
  sequences: readonly (readonly number[])[],
): Promise<number[][]> {
  const batch = sequences.length;
  const time = sequences[0]!.length;
  const hidden = decoder(parameterInputs(config), config, {
    tokens: input("tokens", "int32", [time * batch]),
    batch,
    mask: constant(causalMask(time), [time, time]),
  });
  const results = await evaluate(runtime, { hidden }, { ...values, tokens: timeMajor(sequences) });
  return bySequence(results["hidden"]!, batch, config.embedDim);
}

const sequence = [3, 1, 4, 1, 5, 9];

test("grouped heads are full heads with each group's key and value weights repeated", async () => {
  const { heads, kvHeads, headDim, embedDim } = tinyConfig;
  const values = parameterValues(tinyConfig);
  const headSize = headDim * embedDim;
  const repeated = Object.fromEntries(
    Object.entries(values).map(([name, weight]) => {
      if (!/[kv]_proj/.test(name)) return [name, weight];
      const copies = Array.from({ length: heads }, (_, head) => {
        const start = Math.floor(head / (heads / kvHeads)) * headSize;
        return weight.slice(start, start + headSize);
      });
      return [name, copies.flat()];
    }),
  );
  expect(repeated["model.layers.1.self_attn.k_proj.weight"]).toHaveLength(heads * headSize);
  const sequences = [sequence, [2, 6, 5, 3, 5, 8]];
  const grouped = await hiddenRows(tinyConfig, values, sequences);
  const full = await hiddenRows({ ...tinyConfig, kvHeads: heads }, repeated, sequences);
  for (const index of [0, 1]) expect(mismatches(grouped[index]!, full[index]!)).toEqual([]);
});

test("a position does not see what comes after it", async () => {
  const values = parameterValues(tinyConfig);
  const [rows] = await hiddenRows(tinyConfig, values, [sequence]);
  const [changed] = await hiddenRows(tinyConfig, values, [[...sequence.slice(0, 5), 2]]);
  const before = 5 * tinyConfig.embedDim;
  expect(changed!.slice(0, before)).toEqual(rows!.slice(0, before));
  expect(mismatches(changed!.slice(before), rows!.slice(before), 0.01)).not.toEqual([]);
});

test("a sequence in a batch has the rows that it has alone", async () => {
  const values = parameterValues(tinyConfig);
  const sequences = [sequence, [2, 6, 5, 3, 5, 8], [0, 0, 10, 0, 10, 10]];
  const together = await hiddenRows(tinyConfig, values, sequences);
  for (const [index, tokens] of sequences.entries()) {
    const [rows] = await hiddenRows(tinyConfig, values, [tokens]);
    expect(mismatches(together[index]!, rows!, 1e-5)).toEqual([]); // two layers in float32
  }
});

test("the order of tokens counts", async () => {
  const values = parameterValues(tinyConfig);
  const [rows] = await hiddenRows(tinyConfig, values, [[3, 1, 4]]);
  const [swapped] = await hiddenRows(tinyConfig, values, [[1, 3, 4]]);
  const last = 2 * tinyConfig.embedDim;
  expect(mismatches(swapped!.slice(last), rows!.slice(last), 0.001)).not.toEqual([]);
});

test("a parameter that does not fit the configuration is refused", () => {
  const parameters = parameterInputs(tinyConfig);
  const tokens = input("tokens", "int32", [4]);
  const mask = constant(causalMask(4), [4, 4]);
  expect(() =>
    decoder(parameters, { ...tinyConfig, headDim: 6 }, { tokens, batch: 1, mask }),
  ).toThrow("rotary: expected x [rows, 4 heads x 6]");
});
