import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Answered, Answerer, AnswererOptions } from "./answerer.ts";

/** What is used of npm's `node-llama-cpp`, which is no dependency. */
interface Package {
  getLlama(options: object): Promise<{
    /** The instructions of the processor that its kernels use. */
    readonly systemInfo: string;
    loadModel(options: { readonly modelPath: string; readonly gpuLayers: number }): Promise<Model>;
    dispose(): Promise<void>;
  }>;
}

interface Model {
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: object): Promise<{ getSequence(): Sequence }>;
}

interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number>;
}

const name = "node-llama-cpp";
/** Newer ones may have another interface. */
const version = "3.22.1";

/**
 * The folder that `node-llama-cpp` is installed in: FORETOKEN_LLAMA_CPP, else a temporary one, into
 * which its prebuilt binaries are installed at the first time (nothing is built or downloaded by its
 * own scripts).
 */
async function packageFolder(print: (line: string) => void): Promise<string> {
  const given = process.env["FORETOKEN_LLAMA_CPP"];
  const folder = given ?? join(tmpdir(), `foretoken-${name}-${version}`);
  if (existsSync(join(folder, "node_modules", name))) return folder;
  if (given !== undefined) {
    throw new Error(`FORETOKEN_LLAMA_CPP=${given}: expected node_modules/${name} in it`);
  }
  print(`installing ${name} ${version} into ${folder}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{"private": true}\n');
  const argv = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`];
  await promisify(execFile)("npm", argv, { cwd: folder });
  return folder;
}

/** Loads a GGUF file into llama.cpp, on the CPU. */
export async function openLlamaCpp(
  path: string,
  options: AnswererOptions,
  print: (line: string) => void,
): Promise<Answerer & { tokenize(text: string): number[] }> {
  const folder = await packageFolder(print);
  const entry = createRequire(join(folder, "package.json")).resolve(name);
  const { getLlama }: Package = await import(pathToFileURL(entry).href);
  const { threads, slots, contextTokens } = options;
  const settings = { gpu: false, build: "never", logLevel: "error", maxThreads: threads };
  const llama = await getLlama({ ...settings, progressLogs: false });
  print(`llama.cpp: ${llama.systemInfo.trim()}`);
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({
    ...{ contextSize: contextTokens, sequences: slots, threads },
  });
  const free = Array.from({ length: slots }, () => context.getSequence());
  return {
    name: `llama.cpp (${name} ${version})`,
    tokenize: (text) => model.tokenize(text, true),
    async answer(prompt, limits) {
      const sequence = free.pop();
      if (sequence === undefined) throw new Error(`llama.cpp: more than ${slots} at once`);
      try {
        await sequence.clearHistory();
        return await goOn(sequence, prompt, limits);
      } finally {
        free.push(sequence);
      }
    },
    close: () => llama.dispose(),
  };
}

async function goOn(
  sequence: Sequence,
  prompt: readonly number[],
  { maxTokens, stopTokens }: { readonly maxTokens: number; readonly stopTokens: readonly number[] },
): Promise<Answered> {
  const start = performance.now();
  let first: number | undefined;
  const tokens: number[] = [];
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    first ??= performance.now();
    tokens.push(token);
    if (tokens.length === maxTokens || stopTokens.includes(token)) break;
  }
  const end = performance.now();
  return { tokens, promptSeconds: ((first ?? end) - start) / 1000, seconds: (end - start) / 1000 };
}
