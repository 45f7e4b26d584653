/**
 * `npm run bench generate`: prefill and decode of the engine for 1, 4 and 16 streams, and the cost
 * of a token in a small and in a large cache. Several streams are compared with one, the large
 * cache with the small one, by turns on one machine.
 */
import { availableParallelism } from "node:os";
import { Engine, type TokenEvent } from "../src/generate/engine.ts";
import { tinyParameters } from "../src/generate/generate.fixture.ts";
import { type ModelWeights, uploadWeights } from "../src/generate/model-weights.ts";
import type { GenerateRequest } from "../src/generate/sample.ts";
import { greedy } from "../src/generate/sampling.ts";
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "../src/model/config.ts";
import { parameterCounts } from "../src/model/counts.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";
import { Random } from "../src/statistics/random.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import {
  type Bench,
  type Block,
  formatNumber,
  interleave,
  type Row,
  summarise,
} from "./harness.ts";

/** The size of a laptop's target; only the tokens of the byte tokenizer are drawn. */
const config: ModelConfig = {
  ...{ vocabSize: 4096, embedDim: 512, layers: 8, heads: 8, kvHeads: 4, headDim: 64, mlpDim: 1376 },
  ...{ maxSeqLen: 4096, ropeTheta: defaultRopeTheta, rmsNormEps: defaultRmsNormEps },
};

const tokenizer = byteTokenizer();
const streamCounts = [1, 4, 16] as const;
const capacities = { small: 512, large: 4096 } as const;
const promptTokens = 129;
const prefillChunk = 128;
const stepsPerTurn = 16;

/** The generation benchmark. */
export const bench: Bench = {
  description: "prefill and decode of a cached decoder, float32; tokens/s over all streams",
  async run({ rounds = 7, only, print }) {
    const runtime = await openRuntime({ threads: availableParallelism() });
    const weights = await uploadWeights(runtime, config, tinyParameters(config));
    const million = parameterCounts(config).total / 1e6;
    print(`${formatNumber(million)} million parameters, ${runtime.threads} threads`);
    const open = (slots: number, capacity: number) =>
      Engine.open({ weights, tokenizer, slots, capacity, prefillChunk });
    const wide = await open(Math.max(...streamCounts), capacities.small);
    await checkBatching(wide, weights);
    const small = await open(1, capacities.small);
    const large = await open(1, capacities.large);
    const random = new Random([1, 2, 3, 4]);
    const blocks: Record<string, Block> = {};
    for (const streams of streamCounts) {
      blocks[`prefill, ${streams} streams`] = () => prefill(wide, streams, random);
      blocks[`decode, ${streams} streams`] = () => decode(wide, streams);
    }
    blocks[`decode, capacity ${capacities.small}`] = () => decode(small, 1);
    blocks[`decode, capacity ${capacities.large}`] = () => decode(large, 1);
    const chosen = Object.entries(blocks).filter(([name]) => name.startsWith(only));
    for (const [, block] of chosen) await block();
    const seconds = await interleave(Object.fromEntries(chosen), rounds);
    runtime.release();
    return chosen.map(([name]) => rowOf(name, seconds));
  },
};

function request(prompt: readonly number[], maxTokens: number): GenerateRequest {
  const settings = { sampling: greedy, stopTokens: [], stop: [], images: [], samples: 1 };
  return { promptTokens: prompt, maxTokens, ...settings };
}

const randomPrompt = (random: Random, length = promptTokens) =>
  Array.from({ length }, () => random.integer(tokenizer.vocabSize));

/** Seconds for each token of new prompts; all but the last token of a prompt are prefilled. */
async function prefill(engine: Engine, streams: number, random: Random): Promise<number[]> {
  const start = performance.now();
  for (let stream = 0; stream < streams; stream++) {
    engine.submit(request(randomPrompt(random), 1));
  }
  while (engine.isBusy) await engine.step();
  return [(performance.now() - start) / 1000 / (streams * promptTokens)];
}

/** Seconds for each token of the steps in which all streams generate. */
async function decode(engine: Engine, streams: number): Promise<number[]> {
  const random = new Random([5, 6, 7, 8]);
  const longest = request(randomPrompt(random, 65), streams + stepsPerTurn + 1);
  const numbers = Array.from({ length: streams }, () => engine.submit(longest));
  const seconds: number[] = [];
  while (seconds.length < stepsPerTurn) {
    const start = performance.now();
    const events = await engine.step();
    const elapsed = (performance.now() - start) / 1000;
    if (events.length === streams) seconds.push(elapsed / streams);
  }
  for (const number of numbers) engine.cancel(number);
  return seconds;
}

/** What is timed must be right: streams together give what each gives alone. */
async function checkBatching(engine: Engine, weights: ModelWeights): Promise<void> {
  const prompts = [3, 40, 150, 17].map((length) => randomPrompt(new Random(length), length));
  const together = await tokensOf(engine, prompts);
  const options = { weights, tokenizer, slots: 1, capacity: capacities.small, prefillChunk };
  const single = await Engine.open(options);
  const alone = [];
  for (const prompt of prompts) alone.push(...(await tokensOf(single, [prompt])));
  single.release();
  if (JSON.stringify(together) !== JSON.stringify(alone)) {
    throw new Error(`expected the same tokens together and alone, got ${together} and ${alone}`);
  }
}

async function tokensOf(
  engine: Engine,
  prompts: readonly (readonly number[])[],
): Promise<number[][]> {
  const numbers = prompts.map((prompt) => engine.submit(request(prompt, 8)));
  const events: TokenEvent[] = [];
  while (engine.isBusy) events.push(...(await engine.step()));
  return numbers.map((number) =>
    events.filter((event) => event.request === number).map(({ token }) => token),
  );
}

function rowOf(name: string, seconds: Readonly<Record<string, readonly number[]>>): Row {
  const { median } = summarise(seconds[name]!);
  const baseline = name
    .replace(/\d+ streams/, "1 streams")
    .replace(/capacity \d+/, `capacity ${capacities.small}`);
  const hasBaseline = baseline !== name && seconds[baseline] !== undefined;
  return {
    ...{ name, value: 1 / median, unit: "tokens/s" },
    baseline: hasBaseline ? baseline : null,
    ratio: hasBaseline ? summarise(seconds[baseline]!).median / median : null,
  };
}
