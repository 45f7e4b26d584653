import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  RELEASE_SYNC,
  Scope,
} from "quickjs-emscripten";
import { serveWorker } from "../workspace/worker.ts";
import { type JavaScriptRequest, type JavaScriptResult, minimumMemoryBytes } from "./javascript.ts";

/** Deep recursion ends in an exception of the program long before the thread's own stack does. */
const stackBytes = 256 * 1024;

const pageBytes = 65_536;

/** What is used of it; Node's types leave it out. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
  };
};

serveWorker(() => async (request: JavaScriptRequest) => ({ reply: await run(request) }));

/** An interpreter and the memory that is all it can use. */
interface Interpreter {
  readonly runtime: QuickJSRuntime;
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly memoryBytes: number;
  programs: number;
}

/** Programs that one interpreter runs, one after the other; making it costs 10 ms. */
const programsPerInterpreter = 100;

/** What the last program left as it was. */
let kept: Interpreter | undefined;

/**
 * Runs a program with globals of its own. An interpreter in which one ran out of time or memory, or
 * took more than it began with, is dropped whole.
 */
async function run({ code, timeoutMs, memoryBytes }: JavaScriptRequest): Promise<JavaScriptResult> {
  const interpreter =
    kept?.memoryBytes === memoryBytes ? kept : await startInterpreter(memoryBytes);
  kept = undefined;
  const { runtime, memory } = interpreter;
  const deadline = performance.now() + timeoutMs;
  let isLate = false;
  runtime.setInterruptHandler(() => {
    isLate ||= performance.now() > deadline;
    return isLate;
  });
  const context = runtime.newContext();
  const result = Scope.withScope((scope) => evaluate(context, scope, code));
  if (isLate) return { ok: false, reason: "timeout", error: `ran longer than ${timeoutMs} ms` };
  const isAsItWas = result.reason !== "memory" && memory.buffer.byteLength === minimumMemoryBytes;
  if (isAsItWas && ++interpreter.programs < programsPerInterpreter) {
    context.dispose();
    kept = interpreter;
  }
  return result;
}

async function startInterpreter(memoryBytes: number): Promise<Interpreter> {
  // QuickJS's own limit counts blocks without their size here; the WebAssembly memory is the limit.
  const memory = new WebAssembly.Memory({
    initial: minimumMemoryBytes / pageBytes,
    maximum: Math.floor(memoryBytes / pageBytes),
  });
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(RELEASE_SYNC, { wasmMemory: memory }),
  );
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(stackBytes);
  return { runtime, memory, memoryBytes, programs: 0 };
}

function evaluate(context: QuickJSContext, scope: Scope, code: string): JavaScriptResult {
  // Taken before the program can replace them.
  const builtIn = (name: string) => scope.manage(context.unwrapResult(context.evalCode(name)));
  const [stringify, string] = [builtIn("JSON.stringify"), builtIn("String")];
  const outcome = scope.manage(context.evalCode(code, "program.js", { type: "global" }));
  if (outcome.error) return failure(context, scope, { string, thrown: outcome.error });
  const json = scope.manage(context.callFunction(stringify, context.undefined, outcome.value));
  if (json.error) return failure(context, scope, { string, thrown: json.error });
  const text: unknown = context.dump(json.value);
  if (typeof text !== "string") return { ok: true, reason: "done" };
  return { ok: true, reason: "done", value: JSON.parse(text) };
}

function failure(
  context: QuickJSContext,
  scope: Scope,
  { string, thrown }: { readonly string: QuickJSHandle; readonly thrown: QuickJSHandle },
): JavaScriptResult {
  const text = scope.manage(context.callFunction(string, context.undefined, thrown));
  const error = text.error ? "an error that cannot be shown" : context.getString(text.value);
  // With no memory left even for an Error, QuickJS throws null.
  const isOutOfMemory = error === "InternalError: out of memory" || error === "null";
  return { ok: false, reason: isOutOfMemory ? "memory" : "exception", error };
}
