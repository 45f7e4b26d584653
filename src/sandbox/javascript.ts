import { ConfigError } from "../errors.ts";
import { startWorker, type WorkerClient } from "../workspace/worker.ts";

/** A program to run: plain synchronous JavaScript, and what it may use. */
export interface JavaScriptRequest {
  /** A script; the value of its last expression is the result. */
  readonly code: string;
  readonly timeoutMs: number;
  /** The interpreter's whole memory, the program's values included; >= `minimumMemoryBytes`. */
  readonly memoryBytes: number;
}

/** Why a program ended. */
export type JavaScriptReason = "done" | "exception" | "timeout" | "memory";

/** What a program came to; a program that fails is a result, not an error. */
export interface JavaScriptResult {
  readonly ok: boolean;
  /** The last expression's value as JSON would carry it; undefined when there is none. */
  readonly value?: unknown;
  /** `Name: message` of what it threw, or which limit it hit. */
  readonly error?: string;
  readonly reason: JavaScriptReason;
}

/** The memory that the interpreter starts with, fixed when it was compiled. */
export const minimumMemoryBytes = 16 * 2 ** 20;

/**
 * How long after its time a program may still be inside one built-in operation, which the
 * interpreter cannot interrupt, before its thread is ended. On a busy machine, making the
 * interpreter alone takes a second.
 */
const graceMs = 3_000;

type Thread = WorkerClient<JavaScriptRequest, JavaScriptResult>;

let thread: Thread | undefined;
let previous: Promise<unknown> = Promise.resolve();

/**
 * Runs untrusted JavaScript in QuickJS, compiled to WebAssembly, in a thread of its own: no file,
 * network, process, module or clock of the host is within its reach, and every call starts from
 * globals of its own. Calls run one after the other.
 *
 * @throws {ConfigError} for limits that cannot hold
 * @see QuickJS (Bellard, Gordon), through quickjs-emscripten
 */
export function runJavaScript(request: JavaScriptRequest): Promise<JavaScriptResult> {
  const { timeoutMs, memoryBytes } = request;
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31 - graceMs)) {
    throw new ConfigError(`runJavaScript: timeoutMs must be above 0, got ${timeoutMs}`);
  }
  if (!(memoryBytes >= minimumMemoryBytes && memoryBytes < 2 ** 31)) {
    throw new ConfigError(
      `runJavaScript: memoryBytes must be in [${minimumMemoryBytes}, 2^31), got ${memoryBytes}`,
    );
  }
  const result = previous.then(() => runInThread(request));
  previous = result.catch(() => undefined);
  return result;
}

async function runInThread(request: JavaScriptRequest): Promise<JavaScriptResult> {
  thread ??= await readyThread();
  const current = thread;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<JavaScriptResult>((resolve) => {
    timer = setTimeout(() => {
      resolve({ ok: false, reason: "timeout", error: `ran longer than ${request.timeoutMs} ms` });
    }, request.timeoutMs + graceMs);
  });
  try {
    const result = await Promise.race([current.request(request), late]);
    if (current.pending > 0) await discard(current);
    return result;
  } catch (error) {
    await discard(current); // the interpreter itself broke: its memory is not to be trusted
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: "exception", error: message };
  } finally {
    clearTimeout(timer);
  }
}

/** A thread whose interpreter is loaded, so that no program pays for that out of its time. */
async function readyThread(): Promise<Thread> {
  const started: Thread = startWorker("./_javascript-worker", import.meta.url);
  await started.request({ code: "0", timeoutMs: 60_000, memoryBytes: minimumMemoryBytes });
  return started;
}

async function discard(broken: Thread): Promise<void> {
  thread = undefined;
  await broken.close();
}
