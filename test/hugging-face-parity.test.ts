import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LocalModel } from "../src/language-model/local-model.ts";
import { parameterInputs } from "../src/model/blocks.ts";
import { loadModel, type Model } from "../src/model/checkpoint.ts";
import { decoder } from "../src/model/decoder.ts";
import { exportHuggingFace } from "../src/model/export-hugging-face.ts";
import { causalMask } from "../src/tensor/attention.ts";
import { linear } from "../src/tensor/products.ts";
import { loadProgram } from "../src/tensor/program.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { constant } from "../src/tensor/tensor.ts";
import { settingsFromDial } from "../src/train/run-settings.ts";
import { createRun, trainRun } from "../src/train/train-run.ts";
import { checkpointFolder } from "../src/workspace/run-folder.ts";
import { openWorkspace, type Workspace } from "../src/workspace/workspace.ts";
import { buildTinyDataset } from "./fixtures/tiny-run.ts";

/** An interpreter with torch and transformers. */
const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
const script = fileURLToPath(new URL("./python/hugging_face_logits.py", import.meta.url));
const hasTransformers = spawnSync(python, ["-c", "import torch, transformers"]).status === 0;
const skipReason = `${python} has no torch and transformers; install them with pip or set FORETOKEN_PYTHON`;

const prompts = [
  "17 + 25 =",
  "3 * 4 =",
  "// return x plus 3\n",
  "// is x above 7\n",
  "<s>12 - 5 =",
  "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
  "Ünïcödé 你好 🦁",
  " ",
];
const newTokens = 32;
const steps = 60;

let folder: string;
let workspace: Workspace;
let runtime: Runtime;
let exported: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-parity-"));
  workspace = await openWorkspace(folder);
  runtime = await openRuntime();
  const dataset = await buildTinyDataset(folder);
  const settings = settingsFromDial({
    depth: 6, // the first with fewer key heads than heads
    vocabSize: 320,
    dataset,
    seed: 3,
    device: "cpu",
    threads: runtime.threads,
    overrides: { steps, batchSize: 4 },
  });
  const context = { workspace, runtime };
  const id = await createRun(context, { kind: "train", settings, flags: {} });
  for await (const _ of trainRun(context, id));
  exported = join(folder, "exported");
  const model = join(checkpointFolder(join(workspace.runs, id), steps), "model");
  await exportHuggingFace(model, exported);
}, 120_000);

afterAll(async () => {
  runtime.release();
  await workspace.close();
  await rm(folder, { recursive: true, force: true });
});

/** Logits of all positions, [tokens, vocabSize]. */
async function ourLogits({ config, parameters }: Model, tokens: readonly number[]) {
  const time = tokens.length;
  const inputs = parameterInputs(config);
  const hidden = decoder(inputs, config, {
    tokens: constant(tokens, [time], "int32"),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
  });
  const session = await loadProgram(runtime, {
    logits: linear(hidden, inputs["lm_head.weight"]!),
  });
  const buffers: Record<string, ReturnType<Runtime["allocate"]>> = {};
  for (const [name, { shape, data }] of parameters) {
    buffers[name] = runtime.allocate("float32", shape);
    await buffers[name].write(data);
  }
  const logits = runtime.allocate("float32", [time, config.vocabSize]);
  await session.bind(buffers, { logits }).run();
  return (await logits.read()) as Float32Array;
}

interface Answer {
  readonly logits: readonly (readonly number[])[];
  readonly greedy: readonly { readonly promptTokens: number[]; readonly tokens: number[] }[];
}

function askTransformers(tokens: readonly number[]): Answer {
  const request = JSON.stringify({ tokens, prompts, maxTokens: newTokens });
  const answer = spawnSync(python, [script, exported], {
    input: request,
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  if (answer.status !== 0) throw new Error(answer.stderr);
  return JSON.parse(answer.stdout) as Answer;
}

describe("a trained model's export in Hugging Face transformers", () => {
  test("loads as it is, with the same logits, tokens and greedy continuations", async (context) => {
    context.skip(!hasTransformers, skipReason);
    const model = await loadModel(exported);
    const tokens = model.tokenizer.encode("<s>// return x plus 3\nfunction f(x) { return", {
      parseSpecial: true,
    });
    const theirs = askTransformers(tokens);
    const ours = await ourLogits(model, tokens);
    const expected = theirs.logits.flat();
    expect(ours.length).toBe(expected.length);
    const worst = ours.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i]!)), 0);
    expect(worst).toBeLessThan(1e-3);
    expect(Math.max(...ours.map(Math.abs))).toBeGreaterThan(1); // a trained head, not zeros

    const local = await LocalModel.open(runtime, exported, { slots: 4 });
    for (const [index, text] of prompts.entries()) {
      const generation = local.generate(
        { kind: "raw", text },
        { temperature: 0, maxTokens: newTokens, ignoreEos: true },
      );
      let next = await generation.next();
      while (next.done !== true) next = await generation.next();
      const { promptTokens, tokens: generated } = next.value;
      expect({ promptTokens, tokens: generated }).toEqual(theirs.greedy[index]);
    }
    local.release();
  }, 120_000);
});
