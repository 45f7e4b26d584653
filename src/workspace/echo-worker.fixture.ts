import { DataError } from "../errors.ts";
import { serveWorker, type WorkerReply } from "./worker.ts";

/** What the fixture is asked: one behaviour of a worker each. */
export type EchoRequest =
  | "echo"
  | "data-error"
  | "type-error"
  | "crash"
  | "exit"
  | Float32Array<ArrayBuffer>;

serveWorker((name: string) => {
  if (name === "no start") throw new Error("no start today");
  return (request: EchoRequest): WorkerReply<unknown> | Promise<WorkerReply<unknown>> => {
    if (request instanceof Float32Array) return { reply: request, transfer: [request.buffer] };
    if (request === "data-error") throw new DataError("document 3: expected text");
    if (request === "type-error") throw new TypeError("x is not a function");
    if (request === "exit") process.exit(3);
    if (request === "crash") setImmediate(() => Promise.reject(new Error("out of nowhere")));
    return request === "crash" ? new Promise(() => undefined) : { reply: `${name}: ${request}` };
  };
});
