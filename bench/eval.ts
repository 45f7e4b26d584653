/**
 * `npm run bench eval`: 10,000 questions to a server of its own process that answers after 100 ms, 64
 * at once, against the ideal time and a plain Python loop; the same run from the cache; how long
 * `eval run` takes to start, from a checkout and as a built package. All else is of the built package.
 */
import { execFile, fork, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { buildPackage, checkoutCommand } from "./built-package.ts";
import { type Bench, type Block, interleave, type Row, summarise } from "./harness.ts";

const [samples, delayMs, concurrency] = [10_000, 100, 64];
const idealSeconds = (samples * delayMs) / 1000 / concurrency;
const frameworkThreads = 10;
/** Enough for a rate, where all of them would take 100 s. */
const fewSamples = 1000;
const startRounds = 5;

interface Setting {
  readonly folder: string;
  readonly port: number;
  /** The built package's command. */
  readonly built: string;
  readonly rounds: number;
}

/** The evaluation benchmark. */
export const bench: Bench = {
  description: "samples of an evaluation against a server of 100 ms an answer, 64 at once",
  async run({ print, rounds = 1 }) {
    const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-eval-"));
    const server = await startServer();
    try {
      await writeQuestions(folder);
      const built = await buildPackage(join(folder, "package"));
      const setting = { folder, port: server.port, built, rounds };
      const start = await startSeconds(setting);
      return [
        startRow("start-up and one kept answer, built package", start.built),
        startRow("start-up and one kept answer, checkout", start.checkout),
        ...(await runRows(setting, start.built, print)),
      ];
    } finally {
      server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function writeQuestions(folder: string): Promise<void> {
  const rows = Array.from({ length: samples }, (_, i) => ({ input: `what is ${i}?`, ideal: "42" }));
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
  await writeFile(join(folder, "many.jsonl"), lines.join(""));
  await writeFile(join(folder, "few.jsonl"), lines.slice(0, fewSamples).join(""));
  await writeFile(join(folder, "one.jsonl"), lines[0]!);
}

async function startSeconds(setting: Setting) {
  let run = 0;
  const once = (command: string) => async () => {
    const log = `start-${run++}.jsonl`;
    const { seconds } = await runEval(setting, { command, file: "one.jsonl", log });
    return [seconds];
  };
  const contestants = { built: once(setting.built), checkout: once(checkoutCommand) };
  await interleave(contestants, 1); // warms the disk and the cache of the answer
  return interleave(contestants, startRounds);
}

function startRow(name: string, seconds: readonly number[]): Row {
  const { median } = summarise(seconds);
  return { name, value: median, unit: "s", baseline: "1 s", ratio: 1 / median };
}

async function runRows(
  setting: Setting,
  starts: readonly number[],
  print: (line: string) => void,
): Promise<readonly Row[]> {
  const start = summarise(starts).median;
  const python = await findPython();
  if (python === undefined) print("no Python (set FORETOKEN_PYTHON): no baseline of a plain loop");
  const memory: number[] = [];
  const ours = async () => {
    const log = `asked-${memory.length}.jsonl`;
    const flags = ["--no-cache"];
    const run = await runEval(setting, { command: setting.built, file: "many.jsonl", log, flags });
    memory.push(run.megabytes);
    return [run.seconds - start];
  };
  const loop = async () => [await pythonLoop(python!, setting, "many.jsonl", concurrency)];
  const contestants: Readonly<Record<string, Block>> = python ? { ours, loop } : { ours };
  const asked = await interleave(contestants, setting.rounds);
  const working = summarise(asked["ours"]!).median;
  const cached = await cachedRun(setting);
  const row = { name: "10,000 answers, 64 at once", value: working, unit: "s" };
  const perSecond = samples / (cached.seconds - start);
  const rows = [
    { ...row, baseline: "ideal", ratio: idealSeconds / working },
    plainRow("cached", perSecond, "samples/s"),
    plainRow("most memory, 10,000 answers", Math.max(...memory), "MB"),
    plainRow("most memory, cached", cached.megabytes, "MB"),
  ];
  if (python === undefined) return rows;
  const plain = summarise(asked["loop"]!).median;
  const few = await pythonLoop(python, setting, "few.jsonl", frameworkThreads);
  const framework = (few * samples) / fewSamples;
  return [
    { ...row, baseline: "plain Python loop, 64 threads", ratio: plain / working },
    {
      ...row,
      baseline: "plain Python loop, 10 threads as openai/evals",
      ratio: framework / working,
    },
    ...rows,
  ];
}

function plainRow(name: string, value: number, unit: string): Row {
  return { name, value, unit, baseline: null, ratio: null };
}

/**
 * Fills the cache, then runs from it.
 *
 * @throws {Error} when an answer did not come from there
 */
async function cachedRun(setting: Setting) {
  const run = (log: string) =>
    runEval(setting, { command: setting.built, file: "many.jsonl", log });
  await run("filling.jsonl");
  const cached = await run("cached.jsonl");
  const { records } = await readEvalLog(join(setting.folder, "cached.jsonl"));
  const hits = records.filter(({ calls }) => calls[0]?.isCached).length;
  if (hits < samples) throw new Error(`expected ${samples} answers of the cache, got ${hits}`);
  return cached;
}

async function startServer(): Promise<{ readonly port: number; stop(): void }> {
  const script = fileURLToPath(new URL("answering-server.ts", import.meta.url));
  const child = fork(script, [String(delayMs)], { execArgv: ["--import", "tsx"] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (one) => resolve(one as number));
    child.once("exit", (code) => reject(new Error(`the answering server ended with ${code}`)));
  });
  return { port, stop: () => child.kill() };
}

/** FORETOKEN_PYTHON, else python3; undefined when there is none. */
async function findPython(): Promise<string | undefined> {
  const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
  return promisify(execFile)(python, ["--version"]).then(
    () => python,
    () => undefined,
  );
}

/** Seconds of the plain loop, without the start of Python. */
async function pythonLoop(
  python: string,
  { folder, port }: Setting,
  file: string,
  threads: number,
): Promise<number> {
  const script = fileURLToPath(new URL("python/evals_loop.py", import.meta.url));
  const argv = [script, `127.0.0.1:${port}`, file, String(threads), "python.jsonl"];
  const { stdout } = await promisify(execFile)(python, argv, { cwd: folder });
  const { seconds, accuracy } = JSON.parse(stdout) as { seconds: number; accuracy: number };
  if (accuracy !== 1) throw new Error(`the plain loop reports ${accuracy}, expected 1`);
  return seconds;
}

/**
 * Runs `eval run` in a process of its own; its seconds and its largest resident memory.
 *
 * @throws {Error} when it fails
 */
async function runEval(
  { folder, port }: Setting,
  {
    command,
    file,
    log,
    flags = [],
  }: {
    readonly command: string;
    readonly file: string;
    readonly log: string;
    readonly flags?: readonly string[];
  },
): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const url = `http://127.0.0.1:${port}/v1`;
  const model = ["--model", "openai:stand-in", "--base-url", url, "--log", log];
  const argv = ["eval", "run", file, ...model, "--concurrency", String(concurrency), ...flags];
  const start = performance.now();
  const child = spawn(process.execPath, [command, ...argv], { cwd: folder, stdio: "ignore" });
  let megabytes = 0;
  const watch = setInterval(async () => {
    const now = await residentMegabytes(child.pid!);
    megabytes = Math.max(megabytes, now); // read behind the wait, during which it may have grown
  }, 200);
  const code = await new Promise((resolve, reject) => {
    child.on("exit", resolve);
    child.on("error", reject);
  }).finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`eval run ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, megabytes };
}

/** Resident memory of a process, where the system tells it. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
