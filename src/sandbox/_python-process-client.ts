import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { z } from "zod";
import { WorkspaceError } from "../errors.ts";
import { parseJson } from "../workspace/parse-json.ts";
import { pythonSnapshot } from "./_python-snapshot.ts";
import { spawnPython } from "./_spawn-python.ts";
import type { PythonRequest, PythonResult } from "./python.ts";

/** What the process says of a program; trusted no further than its form. */
const replySchema = z.strictObject({
  reason: z.enum(["done", "exception", "memory", "output"]),
  error: z.string().max(2300).optional(),
  stdout: z.string(),
});

/** Room for compiled code and JavaScript's own objects, beside what the program may use twice. */
const overheadBytes = 320 * 2 ** 20;

const memoryCheckMs = 50;

/** JSON takes up to six characters for one byte. */
const escapedBytes = 6;

/** One interpreter in one process, for one program. */
export class PythonProcess {
  readonly #child: ChildProcess;
  /** What it wrote and nobody has read. */
  #text = "";
  #textLimit = 1024;
  #errors = "";
  #ended: string | undefined;
  #changed: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.#read(chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-2000);
    });
    child.stdin?.on("error", () => undefined); // it ended, which "close" says
    child.on("error", (cause) => this.#end(cause.message));
    child.on("close", (status, signal) => this.#end(signal ?? `exit code ${status}`));
  }

  /**
   * @returns when its interpreter is loaded
   * @throws {WorkspaceError} when it cannot be
   */
  static async start(): Promise<PythonProcess> {
    const started = new PythonProcess(spawnPython("serve", await pythonSnapshot()));
    const line = await started.#line();
    if (line !== "ready") throw new WorkspaceError(`runPython: ${started.#failure()}`);
    started.#hold(false);
    return started;
  }

  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  /** Runs the program and ends the process, whatever comes of it. */
  async run(request: Required<PythonRequest>): Promise<PythonResult> {
    const { timeoutMs, memoryBytes, stdoutBytes } = request;
    const token = randomBytes(16).toString("hex");
    this.#hold(true);
    this.#textLimit = escapedBytes * stdoutBytes + 16_384;
    let broken: PythonResult | undefined;
    const stop = (reason: "timeout" | "memory", error: string) => {
      broken ??= { ok: false, reason, error, stdout: "" };
      this.#child.kill("SIGKILL");
    };
    // After a check for what came in meanwhile: this process may have been busy, not the other one.
    const timer = setTimeout(() => {
      setImmediate(() => stop("timeout", `ran longer than ${timeoutMs} ms`));
    }, timeoutMs);
    const watch = await this.#watchMemory(2 * memoryBytes + overheadBytes, () =>
      stop("memory", `took more than ${memoryBytes} bytes`),
    );
    try {
      this.#child.stdin?.write(`${JSON.stringify({ token, ...request })}\n`);
      const line = await this.#line();
      return line === undefined ? (broken ?? this.#ending()) : resultOf(line, token, request);
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      this.#child.kill("SIGKILL");
    }
  }

  /** The next line, or undefined when the process ended or wrote too much. */
  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #read(chunk: string): void {
    this.#text += chunk;
    if (this.#text.length > this.#textLimit) {
      this.#text = "";
      this.#end("it sent more than a result can be");
      this.#child.kill("SIGKILL");
    }
    this.#changed();
  }

  #end(how: string): void {
    this.#ended ??= how;
    this.#changed();
  }

  /** Calls `exceeded` when the process's memory is above the limit, where the system tells it. */
  async #watchMemory(limitBytes: number, exceeded: () => void): Promise<NodeJS.Timeout> {
    const check = async () => {
      const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8").catch(() => "");
      const resident = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
      if (resident !== undefined && Number(resident) * 1024 > limitBytes) exceeded();
    };
    await check();
    return setInterval(() => void check(), memoryCheckMs);
  }

  /** Why there is no answer: Node aborts when JavaScript's heap is full, Linux kills when all is. */
  #ending(): PythonResult {
    const isMemory = ["SIGABRT", "SIGKILL", "exit code 134"].includes(this.#ended ?? "");
    const reason = isMemory ? "memory" : "exception";
    return { ok: false, reason, error: this.#failure(), stdout: "" };
  }

  #failure(): string {
    const last =
      this.#errors
        .trim()
        .split("\n")
        .find((line) => /error/i.test(line)) ?? "";
    return `the interpreter's process ended (${this.#ended}) ${last.slice(0, 500)}`.trim();
  }

  /** Whether this process stays alive for that one's sake. */
  #hold(isHeld: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const end of [this.#child, stdin as Socket, stdout as Socket, stderr as Socket]) {
      if (isHeld) end.ref();
      else end.unref();
    }
  }
}

function resultOf(line: string, token: string, { stdoutBytes }: Required<PythonRequest>) {
  const isOurs = line.startsWith(`${token} `);
  const reply = replySchema.safeParse(isOurs ? parseJson(line.slice(token.length + 1)) : undefined);
  if (!reply.success) {
    const error = "the interpreter's process answered with no result";
    return { ok: false, reason: "exception", error, stdout: "" } as const;
  }
  const { reason, error, stdout } = reply.data;
  const said = reason === "output" ? `wrote more than ${stdoutBytes} bytes` : error;
  return { ok: reason === "done", reason, ...(said === undefined ? {} : { error: said }), stdout };
}
