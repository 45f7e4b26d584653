import type { DeviceName, SessionOptions } from "../session.ts";
import { type Pointer, receive } from "./api.ts";
import { devices } from "./devices.ts";
import { type Environment, errorsOnly } from "./environment.ts";
import type { NativeFixedInputs } from "./fixed-inputs.ts";

/** How and where a graph is made ready. */
export type LoadOptions = Omit<SessionOptions, "fixed"> & {
  readonly device: DeviceName;
  readonly fixed?: NativeFixedInputs | undefined;
};

const optimizationLevels = { disabled: 0, basic: 1, all: 99 } as const;

/**
 * Makes a session from the bytes of a model on a worker thread; large graphs take seconds.
 *
 * @returns the session's handle (an OrtSession)
 */
export async function createSession(
  environment: Environment,
  model: Uint8Array,
  options: LoadOptions,
): Promise<Pointer> {
  const { api, handle } = environment;
  const settings = createSettings(environment, options);
  const bytes = model.slice(); // nobody changes it while the worker thread reads
  const out = new BigUint64Array(1);
  try {
    const { callAsync } = api;
    if (options.fixed === undefined) {
      await callAsync.createSessionFromArray(handle, bytes, bytes.byteLength, settings, out);
    } else {
      const create = callAsync.createSessionFromArrayWithPrepackedWeights;
      await create(handle, bytes, bytes.byteLength, settings, options.fixed.prepacked, out);
    }
    return out[0]!;
  } finally {
    api.release.sessionOptions(settings);
  }
}

/** As `createSession`, on this thread. */
export function createSessionNow(
  environment: Environment,
  model: Uint8Array,
  options: LoadOptions,
): Pointer {
  const { api, handle } = environment;
  const settings = createSettings(environment, options);
  try {
    return receive((out) =>
      api.call.createSessionFromArray(handle, model, model.byteLength, settings, out),
    );
  } finally {
    api.release.sessionOptions(settings);
  }
}

function createSettings({ api, threads }: Environment, options: LoadOptions): Pointer {
  const settings = receive((out) => api.call.createSessionOptions(out));
  try {
    if (threads === 1) {
      api.call.setIntraOpNumThreads(settings, 1);
      api.call.setInterOpNumThreads(settings, 1);
    } else {
      api.call.disablePerSessionThreads(settings);
    }
    api.call.addSessionConfigEntry(settings, "session.use_env_allocators", "1");
    api.call.setSessionLogSeverityLevel(settings, errorsOnly);
    const level = optimizationLevels[options.optimization ?? "all"];
    api.call.setSessionGraphOptimizationLevel(settings, level);
    if (options.profile !== undefined) api.call.enableProfiling(settings, options.profile);
    for (const [name, { value }] of Object.entries(options.fixed?.buffers ?? {})) {
      api.call.addInitializer(settings, name, value);
    }
    devices[options.device].append(api, settings);
    return settings;
  } catch (error) {
    api.release.sessionOptions(settings);
    throw error;
  }
}
