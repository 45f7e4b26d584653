import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  blockConfig,
  blockParameters,
  ggufContent,
  writeGguf,
} from "../model/gguf/gguf.fixture.ts";
import { openHeldModel, type WeightForm } from "../model/held-model.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { Engine } from "./engine.ts";
import { uncachedLogits } from "./generate.fixture.ts";
import { type ModelWeights, uploadWeights } from "./model-weights.ts";
import { greedy } from "./sampling.ts";

const tokenizer = byteTokenizer();
const model = { config: blockConfig, parameters: blockParameters(), tokenizer };
const tokens = [1, ...tokenizer.encode("blocks of 32")];

let folder: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  runtime = await openRuntime();
  for (const type of ["F32", "Q4_0", "Q4_1", "Q8_0"] as const) {
    await writeGguf(join(folder, `${type}.gguf`), ggufContent(model, { type, isTied: true }));
  }
});
afterAll(async () => {
  runtime?.release();
  await rm(folder, { recursive: true });
});

async function open(type: string, form: WeightForm): Promise<ModelWeights> {
  const { config, parameters } = await openHeldModel(join(folder, `${type}.gguf`), form);
  return uploadWeights(runtime, config, parameters);
}

const difference = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
const spread = (values: Float32Array) => Math.max(...values) - Math.min(...values);

test("a model written as GGUF has the logits of the model", async () => {
  const tied = new Map(model.parameters);
  tied.set("lm_head.weight", tied.get("model.embed_tokens.weight")!);
  const given = await uploadWeights(runtime, model.config, tied);
  const read = await open("F32", "stored");
  const expected = await uncachedLogits(given, tokens);
  expect(await uncachedLogits(read, tokens)).toEqual(expected);
  given.release();
  read.release();
});

describe.each(["Q4_0", "Q4_1", "Q8_0"])("%s, multiplied as it is stored", (type) => {
  test("has the logits of its float32 values but for the rounding of activations", async () => {
    const floats = await open(type, "f32");
    const blocks = await open(type, "stored");
    const expected = await uncachedLogits(floats, tokens);
    const got = await uncachedLogits(blocks, tokens);
    const apart = difference(got, expected);
    // 1/254 of a block's largest activation for each of a few layers
    expect(apart).toBeLessThan(0.03 * spread(expected));
    expect(apart).toBeGreaterThan(0);
    floats.release();
    blocks.release();
  });

  test("generates the same tokens together and alone", async () => {
    const weights = await open(type, "stored");
    const size = { capacity: 48, prefillChunk: 16 };
    const engine = await Engine.open({ weights, tokenizer, slots: 3, ...size });
    const prompts = ["a", "some longer text", "two"].map((text) => [1, ...tokenizer.encode(text)]);
    const together = await generate(engine, prompts);
    for (const [i, prompt] of prompts.entries()) {
      expect(await generate(engine, [prompt])).toEqual([together[i]]);
    }
    engine.release();
    weights.release();
  });
});

async function generate(engine: Engine, prompts: readonly (readonly number[])[]) {
  const numbers = prompts.map((promptTokens) =>
    engine.submit({
      ...{ promptTokens, images: [], maxTokens: 12, sampling: greedy },
      ...{ stopTokens: [], stop: [], samples: 1 },
    }),
  );
  const found = new Map<number, number[]>(numbers.map((number) => [number, []]));
  while (engine.isBusy) {
    for (const { request, token } of await engine.step()) found.get(request)!.push(token);
  }
  return numbers.map((number) => found.get(number)!);
}

describe("memory", () => {
  test("of a tied head is the embedding's, in blocks as in float32", async () => {
    for (const form of ["stored", "f32"] as const) {
      const { config, parameters } = await openHeldModel(join(folder, "Q8_0.gguf"), form);
      let allocated = 0;
      const counting = new Proxy(runtime, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== "function") return value;
          if (name === "allocate") allocated += 1;
          return value.bind(target);
        },
      });
      const weights = await uploadWeights(counting, config, parameters);
      // 14 matrices and the table, 5 norms
      expect(allocated).toBe(form === "stored" ? 15 * 2 + 5 : 15 + 5);
      weights.release();
    }
  });

  test("is refused on another runtime", async () => {
    const web = await openRuntime({ kind: "web" });
    const { config, parameters } = await openHeldModel(join(folder, "Q8_0.gguf"), "stored");
    await expect(uploadWeights(web, config, parameters)).rejects.toThrow(/^fix: /);
    web.release();
  });
});
