/** The PyTorch CPU baselines: `bench/python/gpt_train.py` in a process of its own. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mergeSize, patchSize } from "../src/model/image/geometry.ts";
import { ignoredTarget } from "../src/tensor/losses.ts";
import type { FirstStep, TrainShape, TrainStepper } from "./train-stepper.ts";

/** How PyTorch runs the model. */
export type PyTorchMode = "eager" | "compile";

/** What a PyTorch stepper is made of. */
export interface PyTorchOptions {
  readonly python: string;
  readonly mode: PyTorchMode;
  readonly threads: number;
  readonly flopsPerStep: number;
  /** A safetensors file with Hugging Face names to start from. */
  readonly weights: string;
  /** A safetensors file with each of the batch's images, [height, width, 3], by number. */
  readonly pixels: string;
}

const script = fileURLToPath(new URL("./python/gpt_train.py", import.meta.url));

/** The Python that has PyTorch (FORETOKEN_PYTHON, else python3); undefined when there is none. */
export async function findPyTorch(): Promise<string | undefined> {
  const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
  try {
    await promisify(execFile)(python, ["-c", "import torch"]);
    return python;
  } catch {
    return undefined;
  }
}

/**
 * Starts the baseline and warms it up; `torch.compile` takes a minute.
 *
 * @throws {Error} with Python's message when it cannot be started or fails
 */
export async function openPyTorch(
  shape: TrainShape,
  options: PyTorchOptions,
): Promise<TrainStepper> {
  const child = spawn(options.python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  const ask = dialogue(child);
  const { seqLen, batchSize, tokens, targets, images } = shape;
  const { maxSeqLen: _, ...model } = shape.model;
  const { mode, threads, weights, pixels } = options;
  const config = {
    ...model,
    ...{ seqLen, batchSize, tokens: [...tokens], targets: [...targets], ignoredTarget },
    images: images.map(({ row, column, pixels: { grid } }) => ({ row, column, ...grid })),
    ...{ patchSize, mergeSize, mode, threads, weights, pixels },
  };
  const first = (await ask("config", JSON.stringify(config))) as FirstStep;
  return {
    tokensPerStep: batchSize * seqLen,
    flopsPerStep: options.flopsPerStep,
    first,
    step: async (n) => (await ask("steps", String(n))) as number[],
    loss: async () => (await ask("loss", "")) as number,
    release: async () => {
      child.stdin.end("quit\n");
      if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}

/** One request line, one answer line; the answer's JSON. */
function dialogue(child: ChildProcessWithoutNullStreams) {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors = `${errors}${chunk}`.slice(-4000);
  });
  child.on("error", (error) => {
    errors = error.message;
  });
  child.stdin.on("error", () => undefined); // the missing answer tells what happened
  return async (command: string, argument: string): Promise<unknown> => {
    child.stdin.write(`${command} ${argument}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script}: ended without an answer to ${command}\n${errors}`);
    const [kind, text] = splitOnce(value);
    if (kind === "error") throw new Error(`${script}: ${text}\n${errors}`);
    return JSON.parse(text);
  };
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(" ");
  return [line.slice(0, at), line.slice(at + 1)];
}
