import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uploadWeights } from "../src/generate/model-weights.ts";
import { type Scorer, scoreTokens } from "../src/generate/score.ts";
import { ScoreGraphs } from "../src/generate/score-graphs.ts";
import { SlotRunner } from "../src/generate/slot-runner.ts";
import { type HeldModel, openHeldModel } from "../src/model/held-model.ts";
import {
  sharedPath,
  sharedText,
  withoutSharedData,
} from "../src/statistics/shared-data.fixture.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";

/** What float32 gives for one prompt; made by PyTorch from the file's dequantised weights. */
interface GoldenPrompt {
  readonly text: string;
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  /** Between the two largest logits, a step each. */
  readonly margin: readonly number[];
  readonly firstLogits: readonly (readonly [id: number, logit: number])[];
  readonly firstLogSumExp: number;
  readonly promptLogProbs: readonly number[];
}

interface Golden {
  readonly prompts: readonly GoldenPrompt[];
  readonly tokenize: readonly {
    readonly text: string;
    readonly plain: readonly number[];
    readonly special: readonly number[];
  }[];
}

const given = sharedPath("models/SmolLM2-135M-Instruct.Q4_1.gguf");
const file = given !== undefined && existsSync(given) ? given : undefined;
const skipReason = `needs the ${withoutSharedData}`;
const golden: Golden = JSON.parse(sharedText("models/smollm2-golden.json") ?? "null");

/** Below it roundings may choose either token. */
const closeMargin = 0.002;

let runtime: Runtime;
beforeAll(async () => {
  if (file !== undefined) runtime = await openRuntime();
});
afterAll(() => runtime?.release());

interface Opened {
  readonly model: HeldModel;
  readonly runner: SlotRunner;
  readonly scorer: Scorer;
  release(): void;
}

async function open(form: "f32" | "stored"): Promise<Opened> {
  const model = await openHeldModel(file!, form);
  const weights = await uploadWeights(runtime, model.config, model.parameters);
  const runner = await SlotRunner.open(weights, { slots: 1, capacity: 256, prefillChunk: 128 });
  const graphs = new ScoreGraphs(weights);
  const { tokenizer } = model;
  const scorer = { graphs, tokenizer, maxSeqLen: model.config.maxSeqLen };
  return {
    ...{ model, runner, scorer },
    release() {
      runner.release();
      graphs.release();
      weights.release();
    },
  };
}

/** The likeliest token at some first steps, fed with the true ones; the first step's logits. */
async function follow(runner: SlotRunner, { ids, greedy }: GoldenPrompt, steps: number) {
  await runner.prefill(0, { tokens: ids.slice(0, -1), position: 0 });
  const fed = [ids.at(-1)!, ...greedy];
  const best: number[] = [];
  let firstLogits = new Float32Array();
  for (let step = 0; step < steps; step++) {
    const position = ids.length - 1 + step;
    const logits = (await runner.decode([position], new Map([[0, fed[step]!]])))(0);
    if (step === 0) firstLogits = logits.slice();
    best.push(logits.indexOf(logits.reduce((a, b) => Math.max(a, b))));
  }
  return { best, firstLogits };
}

function logSumExp(logits: Float32Array): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(logits.reduce((sum, each) => sum + Math.exp(each - largest), 0));
}

describe("SmolLM2-135M-Instruct from its GGUF file of Q4_1 and Q8_0", () => {
  test("in float32: ids, logits, log-probabilities, tokens", {
    timeout: 120_000,
  }, async (context) => {
    context.skip(file === undefined, skipReason);
    const { model, runner, scorer, release } = await open("f32");
    expect(golden.tokenize.length).toBeGreaterThan(10);
    for (const { text, plain, special } of golden.tokenize) {
      expect(model.tokenizer.encode(text), text).toEqual(plain);
      expect(model.tokenizer.encode(text, { parseSpecial: true }), text).toEqual(special);
    }
    expect(model.tokenizer.documentStart).toEqual([]);
    expect(model.tokenizer.stopTokens).toEqual([2]);
    expect(golden.prompts).toHaveLength(6);
    for (const [number, prompt] of golden.prompts.entries()) {
      expect(model.tokenizer.encode(prompt.text, { parseSpecial: true })).toEqual(prompt.ids);
      const steps = number < 2 ? prompt.greedy.length : 1;
      const { best, firstLogits } = await follow(runner, prompt, steps);
      const close = prompt.margin.findIndex((margin) => margin < closeMargin);
      const sure = close < 0 ? steps : Math.min(steps, close);
      expect(best.slice(0, sure)).toEqual(prompt.greedy.slice(0, sure));
      for (const [id, logit] of prompt.firstLogits) {
        expect(Math.abs(firstLogits[id]! - logit)).toBeLessThan(2e-3);
      }
      expect(Math.abs(logSumExp(firstLogits) - prompt.firstLogSumExp)).toBeLessThan(2e-3);
      const { logProbs } = await scoreTokens(scorer, prompt.ids);
      expect(logProbs).toHaveLength(prompt.promptLogProbs.length);
      for (const [i, expected] of prompt.promptLogProbs.entries()) {
        expect(Math.abs(logProbs[i]! - expected)).toBeLessThan(2e-3);
      }
    }
    release();
  });

  test("as stored, 8-bit activations: the tokens of float32", {
    timeout: 120_000,
  }, async (context) => {
    context.skip(file === undefined, skipReason);
    const { runner, release } = await open("stored");
    const others: number[] = [];
    let steps = 0;
    for (const prompt of golden.prompts) {
      const { best } = await follow(runner, prompt, prompt.greedy.length);
      steps += best.length;
      others.push(...prompt.margin.filter((_, step) => best[step] !== prompt.greedy[step]));
    }
    expect(steps).toBe(288);
    expect(others.length).toBeLessThanOrEqual(0.05 * steps);
    expect(Math.max(0, ...others)).toBeLessThanOrEqual(0.5);
    release();
  });
});
