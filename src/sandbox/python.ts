import { ConfigError } from "../errors.ts";
import { PythonProcess } from "./_python-process-client.ts";

/** A program to run, and what it may use. */
export interface PythonRequest {
  /** A module's text, run as `__main__` with CPython 3.14 and the pure part of its library. */
  readonly code: string;
  /** From the moment that a loaded interpreter gets the program. */
  readonly timeoutMs: number;
  /** The interpreter's whole memory, and again as much for files; >= `minimumPythonMemoryBytes`. */
  readonly memoryBytes: number;
  /** What it may write to its standard output; one mebibyte when left out. */
  readonly stdoutBytes?: number;
}

/** Why a program ended. */
export type PythonReason = "done" | "exception" | "timeout" | "memory" | "output";

/** What a program came to; a program that fails is a result, not an error. */
export interface PythonResult {
  /** Whether it ran to its end: not by an exception, `sys.exit()` and `os._exit()` included. */
  readonly ok: boolean;
  readonly reason: PythonReason;
  /** `Name: message` of the exception, or which limit it hit. */
  readonly error?: string;
  /** What it wrote, empty when its process had to be killed. */
  readonly stdout: string;
}

/** The interpreter takes half of it before the program begins. */
export const minimumPythonMemoryBytes = 64 * 2 ** 20;

const defaultStdoutBytes = 2 ** 20;

/** Programs that run at once; each is one process of one thread. */
const maximumRunning = 2;

let running = 0;
const waiting: (() => void)[] = [];
let spare: Promise<PythonProcess> | undefined;

/**
 * Runs untrusted Python in Pyodide, CPython compiled to WebAssembly: a process for each program, with
 * nothing of Node within Python's reach and few of Node's rights within the process's. Nothing that
 * a program does outlives it. Up to two run at once, further ones wait; one interpreter more is kept
 * loaded. Random numbers and hashes are the same in every run, the clock is the host's.
 *
 * What `ok` says is no more than that the program ran to its end. Checks that are part of it can be
 * deceived by it, with an object that equals everything for one; and a program made to write into its
 * interpreter's memory, by `ctypes` or crafted bytecode, may say of itself what it likes.
 *
 * @throws {ConfigError} for limits that cannot hold
 * @throws {WorkspaceError} when the interpreter cannot be started
 * @see Pyodide, pyodide.org
 */
export async function runPython(request: PythonRequest): Promise<PythonResult> {
  const { code, timeoutMs, memoryBytes, stdoutBytes = defaultStdoutBytes } = request;
  checkLimit("timeoutMs", timeoutMs, 1, 2 ** 30);
  checkLimit("memoryBytes", memoryBytes, minimumPythonMemoryBytes, 2 ** 31);
  checkLimit("stdoutBytes", stdoutBytes, 0, 2 ** 26);
  if (code.includes("\0")) {
    const error = "SyntaxError: source code string cannot contain null bytes";
    return { ok: false, reason: "exception", error, stdout: "" };
  }
  if (running >= maximumRunning) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    const interpreter = await takeProcess();
    return await interpreter.run({ code, timeoutMs, memoryBytes, stdoutBytes });
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

function checkLimit(name: string, value: number, minimum: number, end: number): void {
  if (value >= minimum && value < end) return;
  throw new ConfigError(`runPython: ${name} must be in [${minimum}, ${end}), got ${value}`);
}

/** An interpreter that has run nothing; another one begins to load in its place. */
async function takeProcess(): Promise<PythonProcess> {
  const taken = spare ?? PythonProcess.start();
  spare = PythonProcess.start();
  spare.catch(() => undefined); // said when it is taken
  const interpreter = await taken;
  return interpreter.isAlive ? interpreter : PythonProcess.start();
}
