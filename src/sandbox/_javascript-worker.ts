import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  RELEASE_SYNC,
} from "quickjs-emscripten";
import { serveWorker } from "../workspace/worker.ts";
import { type JavaScriptRequest, type JavaScriptResult, minimumMemoryBytes } from "./javascript.ts";

/** Deep recursion ends in an exception of the program long before the thread's own stack does. */
const stackBytes = 256 * 1024;

const pageBytes = 65_536;

/** What is used of it; Node's types leave it out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => object;
};

serveWorker(() => async (request: JavaScriptRequest) => ({ reply: await run(request) }));

/** Runs a program in an interpreter of its own, which is dropped whole: nothing is disposed of. */
async function run({ code, timeoutMs, memoryBytes }: JavaScriptRequest): Promise<JavaScriptResult> {
  // QuickJS's own limit counts blocks without their size here; the WebAssembly memory is the limit.
  const wasmMemory = new WebAssembly.Memory({
    initial: minimumMemoryBytes / pageBytes,
    maximum: Math.floor(memoryBytes / pageBytes),
  });
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmMemory }));
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(stackBytes);
  const context = runtime.newContext();
  const deadline = performance.now() + timeoutMs;
  let isLate = false;
  runtime.setInterruptHandler(() => {
    isLate ||= performance.now() > deadline;
    return isLate;
  });
  const result = evaluate(context, code);
  if (isLate) return { ok: false, reason: "timeout", error: `ran longer than ${timeoutMs} ms` };
  return result;
}

function evaluate(context: QuickJSContext, code: string): JavaScriptResult {
  // Taken before the program can replace them.
  const stringify = context.unwrapResult(context.evalCode("JSON.stringify"));
  const string = context.unwrapResult(context.evalCode("String"));
  const outcome = context.evalCode(code, "program.js", { type: "global" });
  if (outcome.error) return failure(context, string, outcome.error);
  const json = context.callFunction(stringify, context.undefined, outcome.value);
  if (json.error) return failure(context, string, json.error);
  const text: unknown = context.dump(json.value);
  if (typeof text !== "string") return { ok: true, reason: "done" };
  return { ok: true, reason: "done", value: JSON.parse(text) };
}

function failure(
  context: QuickJSContext,
  string: QuickJSHandle,
  thrown: QuickJSHandle,
): JavaScriptResult {
  const text = context.callFunction(string, context.undefined, thrown);
  const error = text.error ? "an error that cannot be shown" : context.getString(text.value);
  // With no memory left even for an Error, QuickJS throws null.
  const isOutOfMemory = error === "InternalError: out of memory" || error === "null";
  return { ok: false, reason: isOutOfMemory ? "memory" : "exception", error };
}
