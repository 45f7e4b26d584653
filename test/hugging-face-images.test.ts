import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelWeights, uploadWeights, weightsFor } from "../src/generate/model-weights.ts";
import { parameterInputs } from "../src/model/blocks.ts";
import { loadModel, saveModel } from "../src/model/checkpoint.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { decoder } from "../src/model/decoder.ts";
import { decodeImage, encodePng } from "../src/model/image/decode-image.ts";
import {
  gridPatches,
  gridTokens,
  type ImageGrid,
  patchLength,
  patchSize,
  tokenSide,
} from "../src/model/image/geometry.ts";
import { imageTokens } from "../src/model/image/image-tokens.ts";
import { patchPlaces, patchPositions, writePatches } from "../src/model/image/patches.ts";
import type { ImagePixels } from "../src/model/image/pixels.ts";
import { visionTower } from "../src/model/image/tower.ts";
import { parameterSpecs } from "../src/model/parameters.ts";
import { renderChat } from "../src/model/text/chat.ts";
import { specialTokens } from "../src/model/text/special-tokens.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";
import { Random } from "../src/statistics/random.ts";
import { causalMask } from "../src/tensor/attention.ts";
import { elementCount } from "../src/tensor/dtype.ts";
import { linear } from "../src/tensor/products.ts";
import { loadProgram } from "../src/tensor/program.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { constant } from "../src/tensor/tensor.ts";

/** An interpreter with torch, torchvision, pillow and transformers. */
const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
const script = fileURLToPath(new URL("./python/hugging_face_images.py", import.meta.url));
const imports =
  "import torch, transformers, PIL, importlib.util as u; assert u.find_spec('torchvision')";
const hasTransformers = spawnSync(python, ["-c", imports]).status === 0;
const skipReason = `${python} has no torch, torchvision, pillow and transformers; install them with pip or set FORETOKEN_PYTHON`;

const newTokens = 24;
const tokenizer = byteTokenizer();
const config: ModelConfig = {
  vocabSize: tokenizer.vocabSize,
  embedDim: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  mlpDim: 96,
  maxSeqLen: 256,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  vision: { embedDim: 64, layers: 3, heads: 2, headDim: 32, mlpDim: 96, longestSide: 1024 },
};

const square: ImageGrid = { rows: 3, columns: 3 };
const wide: ImageGrid = { rows: 2, columns: 5 };
const tall: ImageGrid = { rows: 4, columns: 2 };
const question = "What is this?";
const prompts = [
  { name: "no", text: "<s>17 + 25 =", grids: [] },
  {
    name: "one",
    text: renderChat([{ role: "user", content: `[IMG]${question}` }], {
      addGenerationPrompt: true,
    }),
    messages: [{ role: "user", content: [{ type: "image" }, { type: "text", text: question }] }],
    grids: [wide],
  },
  { name: "three", text: "<s>a [IMG] b [IMG][IMG] c", grids: [square, wide, tall] },
];

interface Answer {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly promptTokens: number;
  readonly images: readonly {
    readonly size: readonly [number, number];
    readonly pixels: readonly number[];
  }[];
  readonly logits: readonly (readonly number[])[];
}

let folder: string;
let runtime: Runtime;
let weights: ModelWeights;
let images: ImagePixels[][];
let theirs: Answer[];

beforeAll(async () => {
  if (!hasTransformers) return;
  folder = await mkdtemp(join(tmpdir(), "foretoken-images-"));
  await saveModel(folder, { config, parameters: randomParameters(new Random(5)), tokenizer });
  const random = new Random(6);
  const files = await Promise.all(
    prompts.map(({ name, grids }) =>
      Promise.all(grids.map((grid, i) => drawPng(grid, join(folder, `${name}-${i}.png`), random))),
    ),
  );
  images = files.map((ofPrompt) => ofPrompt.map(({ pixels }) => pixels));
  theirs = askTransformers(files.map((ofPrompt) => ofPrompt.map(({ path }) => path)));
  runtime = await openRuntime();
  const model = await loadModel(folder);
  weights = await uploadWeights(runtime, model.config, model.parameters);
}, 120_000);

afterAll(async () => {
  if (!hasTransformers) return;
  weights.release();
  runtime.release();
  await rm(folder, { recursive: true, force: true });
});

/** Matrices that hand on about the variance they get, so that every part moves the logits. */
function randomParameters(random: Random): Record<string, Float32Array> {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape, role }) => {
      const values = new Float32Array(elementCount(shape));
      const fanIn = values.length / shape[0]!;
      const std = role === "norm" ? 0.1 : role === "embedding" ? 1 : 1.5 * fanIn ** -0.5;
      const mean = role === "norm" ? 1 : 0;
      return [name, values.map(() => mean + std * random.normal())];
    }),
  );
}

/** A picture of noise, as a file and as it is read from it. */
async function drawPng(grid: ImageGrid, path: string, random: Random) {
  const data = Uint8Array.from({ length: gridTokens(grid) * tokenSide ** 2 * 3 }, () =>
    Math.floor(random.word() / 2 ** 24),
  );
  const bytes = await encodePng({ grid, data });
  await writeFile(path, bytes);
  return { path, pixels: await decodeImage(bytes, path) };
}

function askTransformers(paths: readonly (readonly string[])[]): Answer[] {
  const asked = prompts.map(({ text, messages }, i) => ({ text, messages, images: paths[i] }));
  const answer = spawnSync(python, [script, folder], {
    input: JSON.stringify({ prompts: asked, maxTokens: newTokens }),
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (answer.status !== 0) throw new Error(answer.stderr);
  return JSON.parse(answer.stdout) as Answer[];
}

function ourPatches(pictures: readonly ImagePixels[]): Float32Array {
  const counts = pictures.map(({ grid }) => gridPatches(grid));
  const patches = new Float32Array(counts.reduce((a, b) => a + b, 0) * patchLength);
  let row = 0;
  for (const [i, picture] of pictures.entries()) {
    writePatches(picture, patches, row);
    row += counts[i]!;
  }
  return patches;
}

/** All images in one row of the tower, and which of its features each token takes. */
function embedded(tokens: readonly number[], pictures: readonly ImagePixels[]) {
  const positions = pictures.flatMap(({ grid }) => [...patchPlaces(grid)]);
  const numbers = pictures.flatMap(({ grid }, i) => Array<number>(gridPatches(grid)).fill(i));
  const row = [1, positions.length];
  let feature = 0;
  const places = tokens.map((id) => (id === specialTokens.image ? feature++ : 0));
  return {
    features: visionTower(parameterInputs(config), config.vision!, {
      patches: constant(ourPatches(pictures), [positions.length, patchLength]),
      positions: constant(positions, row, "int32"),
      images: constant(numbers, row, "int32"),
    }),
    places: constant(places, [places.length], "int32"),
  };
}

/** Logits of all positions, [tokens][vocabSize]. */
async function ourLogits(tokens: readonly number[], pictures: readonly ImagePixels[]) {
  const time = tokens.length;
  const inputs = parameterInputs(config);
  const hidden = decoder(inputs, config, {
    tokens: constant(tokens, [time], "int32"),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
    images: pictures.length === 0 ? undefined : embedded(tokens, pictures),
  });
  const logits = linear(hidden, inputs["lm_head.weight"]!);
  const session = await loadProgram(runtime, { logits });
  const output = runtime.allocate("float32", logits.shape);
  const binding = session.bind(weightsFor(weights, session.inputNames), { logits: output });
  await binding.run();
  const flat = Array.from((await output.read()) as Float32Array);
  binding.release();
  output.release();
  return tokens.map((_, i) => flat.slice(i * config.vocabSize, (i + 1) * config.vocabSize));
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** [3, height, width] in the order of `writePatches`. */
function asPatches({ grid }: ImagePixels, pixels: readonly number[]): number[] {
  const { rows, columns } = patchPositions(grid);
  const [height, width] = [grid.rows * tokenSide, grid.columns * tokenSide];
  return Array.from({ length: gridPatches(grid) * patchLength }, (_, at) => {
    const patch = Math.floor(at / patchLength);
    const within = at % patchLength;
    const colour = Math.floor(within / patchSize ** 2);
    const y = rows[patch]! * patchSize + (Math.floor(within / patchSize) % patchSize);
    const x = columns[patch]! * patchSize + (within % patchSize);
    return pixels[(colour * height + y) * width + x]!;
  });
}

const numbered = prompts.map(({ name }, index) => ({ name, index }));

describe("a saved model with a vision tower in Hugging Face transformers", () => {
  test.for(numbered)("has the same prompt of $name image(s)", ({ index }, context) => {
    context.skip(!hasTransformers, skipReason);
    const { text, tokens, promptTokens, images: prepared } = theirs[index]!;
    const pictures = images[index]!;
    expect(text).toBe(prompts[index]!.text);
    let next = 0;
    const ours = tokenizer
      .encode(text, { parseSpecial: true })
      .flatMap((id) =>
        id === specialTokens.image ? imageTokens(pictures[next++]!.grid, specialTokens) : [id],
      );
    expect(tokens.slice(0, promptTokens)).toEqual(ours);
    expect(prepared).toHaveLength(pictures.length);
    for (const [i, { size, pixels }] of prepared.entries()) {
      const { grid } = pictures[i]!;
      expect(size).toEqual([grid.rows * tokenSide, grid.columns * tokenSide]);
      const patches = Array.from(ourPatches([pictures[i]!]));
      expect(largestDifference(patches, asPatches(pictures[i]!, pixels))).toBeLessThan(1e-6);
    }
  });

  test.for(numbered)(
    "has the same logits and greedy tokens after $name image(s)",
    async ({ index }, context) => {
      context.skip(!hasTransformers, skipReason);
      const { tokens, promptTokens, logits } = theirs[index]!;
      expect(tokens).toHaveLength(promptTokens + newTokens);
      const ours = await ourLogits(tokens, images[index]!);
      expect(largestDifference(ours.flat(), logits.flat())).toBeLessThan(1e-3);
      const greedy = ours.map((row) => row.indexOf(Math.max(...row)));
      expect(greedy.slice(promptTokens - 1, -1)).toEqual(tokens.slice(promptTokens));
    },
  );

  test("depends on what the images show", async (context) => {
    context.skip(!hasTransformers, skipReason);
    const [picture] = images[1]!;
    const black = { grid: picture!.grid, data: new Uint8Array(picture!.data.length) };
    const { tokens, logits } = theirs[1]!;
    const ours = await ourLogits(tokens, [black]);
    expect(largestDifference(ours.at(-1)!, logits.at(-1)!)).toBeGreaterThan(0.1);
  });
});
