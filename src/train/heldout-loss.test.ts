import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildTinyDataset } from "../../test/fixtures/tiny-run.ts";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import { documentMask } from "../model/language-loss.ts";
import { parameterSpecs } from "../model/parameters.ts";
import { Random } from "../statistics/random.ts";
import { evaluator } from "../tensor/_op-fixture.ts";
import { ignoredTarget } from "../tensor/losses.ts";
import { linear } from "../tensor/products.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { tinyModel } from "./_training-fixture.ts";
import { adamw } from "./adamw.ts";
import { firstColumns, HeldoutLoss } from "./heldout-loss.ts";
import { parameterGroups } from "./parameter-groups.ts";
import { TrainState } from "./train-state.ts";

const seqLen = 25;
let folder: string;
let dataset: Dataset;
let runtime: Runtime;
let config: ModelConfig;
let state: TrainState;
let heldout: HeldoutLoss;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-heldout-"));
  dataset = await openDataset(await buildTinyDataset(folder));
  runtime = await openRuntime({ threads: 1 });
  config = { ...tinyModel, vocabSize: dataset.tokenizer.vocabSize, maxSeqLen: seqLen };
  state = new TrainState(runtime, parameterGroups(config), adamw);
  const random = new Random(5);
  for (const { name, shape } of parameterSpecs(config)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, () => 0.3 * random.normal());
    await state.parameters.get(name)!.write(values);
  }
  const { parameters } = state;
  heldout = await HeldoutLoss.open(runtime, { dataset, config, seqLen, parameters });
});

afterAll(async () => {
  heldout?.release();
  state?.release();
  runtime?.release();
  await dataset?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Scores windows one by one: logits by the decoder, the softmax on the host in doubles. */
async function openScorer() {
  const parameters = parameterInputs(config);
  const tokens = input("tokens", "int32", [seqLen]);
  const mask = documentMask(input("documents", "int32", [1, seqLen]));
  const rows = decoder(parameters, config, { tokens, batch: 1, mask });
  const program = await evaluator(runtime, { logits: linear(rows, parameters["lm_head.weight"]!) });
  const values: Record<string, number[]> = {};
  for (const [name, buffer] of state.parameters) {
    values[name] = [...((await buffer.read()) as Float32Array)];
  }
  return async (window: { tokens: Int32Array; targets: Int32Array; documents: Int32Array }) => {
    const { logits } = await program.run({
      ...values,
      tokens: [...firstColumns(window.tokens, seqLen)],
      documents: [...window.documents],
    });
    let [nats, count] = [0, 0];
    window.targets.forEach((target, time) => {
      if (target === ignoredTarget) return;
      const row = logits!.slice(time * config.vocabSize, (time + 1) * config.vocabSize);
      const largest = Math.max(...row);
      const total = row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      nats += largest + Math.log(total) - row[target]!;
      count++;
    });
    return { nats, count };
  };
}

test("losses, errors and bits per byte are those of windows scored one by one", async () => {
  const score = await openScorer();
  const { losses, total } = await heldout.measure();
  expect(dataset.manifest.losses.map(({ name }) => name).toSorted()).toEqual(["code", "text"]);
  for (const { name, sources } of dataset.manifest.losses) {
    const windows: { nats: number; count: number }[] = [];
    let bytes = 0;
    for (const source of sources) {
      const set = dataset.heldout(source, seqLen);
      bytes += dataset.manifest.sources.find((other) => other.name === source)!.bytes.heldout;
      for (let index = 0; index < set.windows; index++) {
        windows.push(await score(await set.read(index, 1)));
      }
    }
    const nats = windows.reduce((sum, window) => sum + window.nats, 0);
    const tokens = windows.reduce((sum, window) => sum + window.count, 0);
    const mean = nats / tokens;
    const n = windows.length;
    const squares = windows.reduce((sum, w) => sum + (w.nats - mean * w.count) ** 2, 0);
    const loss = losses[name]!;
    expect(n % 16).not.toBe(0); // a last batch that is not full is among them
    expect(loss.tokens).toBe(tokens);
    expect(loss.bytes).toBe(bytes);
    // A softmax in float32 against one in doubles: some roundings of 2^-24 at losses near 6.
    expect(Math.abs(loss.nats - mean)).toBeLessThan(1e-5);
    const standardError = Math.sqrt((squares * n) / (n - 1)) / tokens;
    expect(loss.standardError! / standardError).toBeCloseTo(1, 4);
    expect(loss.bitsPerByte! / (nats / Math.LN2 / bytes)).toBeCloseTo(1, 5);
  }
  const weighted = dataset.manifest.losses.reduce(
    (sum, { name, weight }) => sum + weight * losses[name]!.nats,
    0,
  );
  expect(total.nats).toBeCloseTo(weighted, 10);
});

test("the validation loss is the mean over the first windows of every source", async () => {
  const score = await openScorer();
  const limit = 20; // one full batch and a part of one
  let [nats, tokens] = [0, 0];
  for (const { name } of dataset.manifest.sources) {
    const set = dataset.validation(name, seqLen);
    expect(set.windows).toBeGreaterThan(limit);
    for (let index = 0; index < limit; index++) {
      const window = await score(await set.read(index, 1));
      nats += window.nats;
      tokens += window.count;
    }
  }
  const windows = limit * dataset.manifest.sources.length;
  expect(Math.abs((await heldout.validate(windows))! - nats / tokens)).toBeLessThan(1e-5);
});

test("a measurement follows the parameters and repeats to the bit", async () => {
  const before = await heldout.measure();
  expect(await heldout.measure()).toEqual(before);
  const norm = state.parameters.get("model.norm.weight")!;
  const kept = await norm.read();
  await norm.write(new Float32Array(config.embedDim)); // logits of zero: a uniform guess
  const { total } = await heldout.measure();
  await norm.write(kept);
  expect(total.nats).toBeCloseTo(Math.log(config.vocabSize), 5);
  expect((await heldout.measure()).total).toEqual(before.total);
});
