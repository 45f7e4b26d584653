/**
 * `npm run bench eval`: 10,000 questions to a server of its own process that answers after 100 ms, 64
 * at once, against the ideal time; the same run from the cache; how long `eval run` takes to start.
 */
import { fork, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEvalLog } from "../src/evaluate/run/eval-log.ts";
import type { Bench, Row } from "./harness.ts";

const [samples, delayMs, concurrency] = [10_000, 100, 64];
const idealSeconds = (samples * delayMs) / 1000 / concurrency;
const command = fileURLToPath(new URL("../bin/foretoken.js", import.meta.url));

/** The evaluation benchmark. */
export const bench: Bench = {
  description: "samples of an evaluation against a server of 100 ms an answer, 64 at once",
  async run({ print }) {
    const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-eval-"));
    const server = await startServer();
    try {
      const rows = Array.from({ length: samples }, (_, i) => `what is ${i}?,42`);
      await writeFile(join(folder, "many.csv"), `input,ideal\n${rows.join("\n")}\n`);
      await writeFile(join(folder, "one.csv"), "input,ideal\nwhat?,42\n");
      const run = (file: string, log: string) => runEval(folder, { file, log, port: server.port });
      const start = await run("one.csv", "start.jsonl");
      const asked = await run("many.csv", "asked.jsonl");
      const cached = await run("many.csv", "cached.jsonl");
      const { records } = await readEvalLog(join(folder, "cached.jsonl"));
      const hits = records.filter(({ calls }) => calls[0]?.isCached).length;
      print(`${hits} of ${records.length} answers came from the cache`);
      print(
        `most memory ${asked.megabytes.toFixed(0)} MB asked, ${cached.megabytes.toFixed(0)} MB cached`,
      );
      const working = asked.seconds - start.seconds;
      return [
        row("start-up and one answer", start.seconds, "s"),
        {
          ...row("10,000 answers", working, "s"),
          baseline: "ideal",
          ratio: idealSeconds / working,
        },
        row("cached", samples / (cached.seconds - start.seconds), "samples/s"),
        row("memory of 10,000 answers", asked.megabytes, "MB"),
      ];
    } finally {
      server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function row(name: string, value: number, unit: string): Row {
  return { name, value, unit, baseline: null, ratio: null };
}

async function startServer(): Promise<{ readonly port: number; stop(): void }> {
  const script = fileURLToPath(new URL("answering-server.ts", import.meta.url));
  const child = fork(script, [String(delayMs)], { execArgv: ["--import", "tsx"] });
  const port = await new Promise<number>((resolve) =>
    child.once("message", (one) => resolve(one as number)),
  );
  return { port, stop: () => child.kill() };
}

/** Runs `eval run` in a process of its own; its seconds and its largest resident memory. */
async function runEval(
  folder: string,
  { file, log, port }: { readonly file: string; readonly log: string; readonly port: number },
): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const url = `http://127.0.0.1:${port}/v1`;
  const flags = ["--model", "openai:stand-in", "--base-url", url, "--log", log];
  const argv = ["eval", "run", file, ...flags, "--concurrency", String(concurrency)];
  const start = performance.now();
  const child = spawn(process.execPath, [command, ...argv], { cwd: folder, stdio: "ignore" });
  let megabytes = 0;
  const watch = setInterval(async () => {
    megabytes = Math.max(megabytes, await residentMegabytes(child.pid!));
  }, 200);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`eval run ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, megabytes };
}

/** Resident memory of a process, where the system tells it. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
