import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Transferable as WorkerTransferable } from "node:worker_threads";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { ErrorCode } from "../errors.ts";
import { ForetokenError, WorkspaceError } from "../errors.ts";

/** Memory whose ownership moves with a message instead of being copied. */
export type Transfer = readonly WorkerTransferable[];

/** A thread that answers requests in the order they are sent. */
export interface WorkerClient<Request, Reply> {
  /** Requests sent and not answered yet. */
  readonly pending: number;
  /**
   * @throws {ForetokenError} what the handler threw, with its code when it was one of ours
   * @throws {WorkspaceError} when the thread ended or is closed
   */
  request(message: Request, transfer?: Transfer): Promise<Reply>;
  /** Ends the thread; requests still open fail. */
  close(): Promise<void>;
}

/** What a handler gives back. */
export interface WorkerReply<Reply> {
  readonly reply: Reply;
  readonly transfer?: Transfer;
}

interface RequestMessage<Request> {
  readonly id: number;
  readonly request: Request;
}

type ReplyMessage<Reply> =
  | { readonly id: number; readonly reply: Reply }
  | { readonly id: number; readonly error: ErrorMessage };

/** An error on its way between threads: structured cloning loses classes and codes. */
interface ErrorMessage {
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | undefined;
}

/**
 * Starts a worker thread from a module of this package, in source (through tsx) as when built. The
 * thread does not keep the process alive while nothing is pending.
 *
 * @param module - beside the caller and without extension: `./encode-worker`; it calls `serveWorker`
 * @param metaUrl - the caller's `import.meta.url`
 * @param data - handed to the module's `serveWorker`, copied
 */
export function startWorker<Request, Reply>(
  module: string,
  metaUrl: string,
  data?: unknown,
): WorkerClient<Request, Reply> {
  const isSource = new URL(metaUrl).pathname.endsWith(".ts");
  const url = new URL(`${module}${isSource ? ".ts" : ".js"}`, metaUrl);
  const execArgv = isSource ? ["--import", tsxLoader(metaUrl)] : [];
  return new ThreadClient(new Worker(url, { workerData: data, execArgv }), module);
}

/**
 * The other side of `startWorker`: answers every request with what the handler gives, one at a time
 * and in order.
 *
 * @param start - makes the handler from the data given to `startWorker`
 */
export function serveWorker<Data, Request, Reply>(
  start: (data: Data) => (request: Request) => WorkerReply<Reply> | Promise<WorkerReply<Reply>>,
): void {
  const port = parentPort;
  if (port === null)
    throw new WorkspaceError("serveWorker: expected a worker thread, got the main");
  const handle = start(workerData as Data);
  let previous = Promise.resolve();
  port.on("message", ({ id, request }: RequestMessage<Request>) => {
    previous = previous.then(async () => {
      try {
        const { reply, transfer = [] } = await handle(request);
        port.postMessage({ id, reply } satisfies ReplyMessage<Reply>, transfer);
      } catch (error) {
        port.postMessage({ id, error: errorMessage(error) } satisfies ReplyMessage<Reply>);
      }
    });
  });
}

interface Answer<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: Error) => void;
}

class ThreadClient<Request, Reply> implements WorkerClient<Request, Reply> {
  readonly #worker: Worker;
  readonly #module: string;
  readonly #open = new Map<number, Answer<Reply>>();
  #nextId = 0;
  #ended: Error | undefined;

  constructor(worker: Worker, module: string) {
    this.#worker = worker;
    this.#module = module;
    worker.unref();
    worker.on("message", (message: ReplyMessage<Reply>) => this.#settle(message));
    worker.on("error", (cause) => this.#end(`failed: ${cause.message}`, cause));
    worker.on("messageerror", (cause) => this.#end(`sent what cannot be read`, cause));
    worker.on("exit", (code) => this.#end(`ended with exit code ${code}`));
  }

  get pending(): number {
    return this.#open.size;
  }

  request(message: Request, transfer: Transfer = []): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const envelope: RequestMessage<Request> = { id, request: message };
      this.#worker.postMessage(envelope, transfer);
      this.#open.set(id, { resolve, reject });
      this.#worker.ref();
    });
  }

  async close(): Promise<void> {
    this.#end("is closed");
    await this.#worker.terminate();
  }

  #settle(message: ReplyMessage<Reply>): void {
    const answer = this.#open.get(message.id);
    this.#open.delete(message.id);
    if (this.#open.size === 0) this.#worker.unref();
    if ("error" in message) answer?.reject(errorOf(message.error, this.#module));
    else answer?.resolve(message.reply);
  }

  #end(what: string, cause?: unknown): void {
    this.#ended ??= new WorkspaceError(`worker ${this.#module}: the thread ${what}`, { cause });
    for (const answer of this.#open.values()) answer.reject(this.#ended);
    this.#open.clear();
  }
}

function errorMessage(error: unknown): ErrorMessage {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, code: error instanceof ForetokenError ? error.code : undefined };
}

function errorOf({ message, stack, code }: ErrorMessage, module: string): ForetokenError {
  const cause = Object.assign(new Error(message), { stack });
  return code === undefined
    ? new WorkspaceError(`worker ${module}: ${message}`, { cause })
    : new ForetokenError(code, message, { cause });
}

/**
 * A module that lets a thread read TypeScript, for `--import`. Plain `--import tsx` does not do it:
 * on Node 20 it serves the main thread only, and its name would be looked up from the current
 * directory.
 */
function tsxLoader(metaUrl: string): string {
  const esm = pathToFileURL(createRequire(metaUrl).resolve("tsx/esm"));
  const api = new URL("./api/index.mjs", esm).href; // resolve() would give the CommonJS one
  const code = `import { register } from ${JSON.stringify(api)}; register();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
