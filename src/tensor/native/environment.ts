import { availableParallelism } from "node:os";
import { ConfigError, RuntimeError } from "../../errors.ts";
import { type OrtApi, ortApi, type Pointer, receive } from "./api.ts";

/** ONNX Runtime's environment: the library and the one thread pool of this process. */
export interface Environment {
  readonly api: OrtApi;
  readonly handle: Pointer;
  /** Of the pool; with 1, graphs run on the thread that calls them. */
  readonly threads: number;
}

/** Log level that keeps errors and silences warnings. */
export const errorsOnly = 3;

let environment: Environment | undefined;

/**
 * The environment, made by the first call and kept until the process ends. All sessions share its
 * thread pool, so the first call fixes the number of threads; beside it, 1 is always possible, which
 * leaves the pool alone. Idle threads sleep at once. With
 * `FORETOKEN_SPIN=1` they spin for a moment first: up to a tenth faster on a machine that does
 * nothing else, and many times slower where cores are shared.
 *
 * @param threads - all cores when undefined (or what an earlier call fixed)
 * @throws {RuntimeError} when the library is missing, or an earlier call fixed another number
 * @throws {ConfigError} when the number is not a positive integer
 */
export function openEnvironment(threads: number | undefined): Environment {
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads > 0)) {
    throw new ConfigError(`openRuntime: expected threads to be a positive integer, got ${threads}`);
  }
  environment ??= createEnvironment(threads ?? availableParallelism());
  if (threads === undefined || threads === environment.threads) return environment;
  if (threads === 1) return { ...environment, threads };
  throw new RuntimeError(
    `openRuntime: this process already runs with ${environment.threads} threads, got ${threads}; ` +
      "all runtimes of a process share one thread pool: open each with the same number, with 1, or with none",
  );
}

function createEnvironment(threads: number): Environment {
  const api = ortApi();
  const options = receive((out) => api.call.createThreadingOptions(out));
  try {
    api.call.setGlobalIntraOpNumThreads(options, threads);
    api.call.setGlobalInterOpNumThreads(options, 1);
    api.call.setGlobalSpinControl(options, process.env["FORETOKEN_SPIN"] === "1" ? 1 : 0);
    const handle = receive((out) =>
      api.call.createEnvWithGlobalThreadPools(errorsOnly, "foretoken", options, out),
    );
    shareArena(api, handle);
    return { api, handle, threads };
  } finally {
    api.release.threadingOptions(options);
  }
}

const arenaAllocator = 1;
const growByPowersOfTwo = 0;
const byDefault = -1;

/**
 * One pool of host memory for the intermediate values of all sessions that ask for it; else each
 * graph keeps what its largest run needed.
 */
function shareArena(api: OrtApi, environment: Pointer): void {
  const memory = receive((out) => api.call.createMemoryInfo("Cpu", arenaAllocator, 0, 0, out));
  const arena = receive((out) =>
    api.call.createArenaCfg(0, growByPowersOfTwo, byDefault, byDefault, out),
  );
  try {
    api.call.createAndRegisterAllocator(environment, memory, arena);
  } finally {
    api.release.arenaCfg(arena);
    api.release.memoryInfo(memory);
  }
}
