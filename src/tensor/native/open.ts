import { RuntimeError } from "../../errors.ts";
import { checkShape, type DType, dtypes, elementCount } from "../dtype.ts";
import type {
  Buffer,
  DeviceName,
  FixedInputs,
  Runtime,
  Session,
  SessionOptions,
} from "../session.ts";
import type { Pointer } from "./api.ts";
import { NativeBuffer, SharedStorage } from "./buffer.ts";
import { type DeviceMemory, openDeviceMemory } from "./device-memory.ts";
import { devices, devicesBuiltIn, missingDevice } from "./devices.ts";
import { type Environment, openEnvironment } from "./environment.ts";
import { NativeFixedInputs } from "./fixed-inputs.ts";
import { createSession, createSessionNow, type LoadOptions } from "./load.ts";
import { NativeSession } from "./session.ts";

/**
 * Opens ONNX Runtime through its C API.
 *
 * @throws {RuntimeError} when the library or device is missing, or the thread count is fixed already
 */
export async function openNative(options: {
  readonly device: DeviceName;
  readonly threads?: number;
}): Promise<Runtime> {
  const { device } = options;
  const environment = openEnvironment(options.threads);
  const { api } = environment;
  if (!devicesBuiltIn(api).includes(device)) throw missingDevice(api, device);
  try {
    return new NativeRuntime(environment, device, openDeviceMemory(environment, device));
  } catch (cause) {
    throw missingDevice(api, device, cause as Error);
  }
}

interface Releasable {
  release(): void;
}

class NativeRuntime implements Runtime {
  readonly device: DeviceName;
  readonly kind = "native";
  readonly version: string;
  readonly threads: number;
  readonly #environment: Environment;
  readonly #memory: DeviceMemory;
  readonly #held = new Set<Releasable>();
  #isReleased = false;

  constructor(environment: Environment, device: DeviceName, memory: DeviceMemory) {
    this.device = device;
    this.version = environment.api.version;
    this.threads = environment.threads;
    this.#environment = environment;
    this.#memory = memory;
  }

  allocate(dtype: DType, shape: readonly number[]): Buffer {
    this.#checkAlive("allocate");
    checkShape("allocate", shape);
    const storage = this.#memory.allocate(elementCount(shape) * dtypes[dtype].bytes);
    const shared = new SharedStorage(storage, (released) => this.#held.delete(released));
    this.#held.add(shared);
    return new NativeBuffer(this.#memory.context, shared, {
      dtype,
      shape,
      elementOffset: 0,
      isView: false,
    });
  }

  fix(buffers: Readonly<Record<string, Buffer>>): FixedInputs {
    this.#checkAlive("fix");
    if (this.device !== "cpu") {
      throw new RuntimeError(`fix: expected the device cpu, got ${this.device}`);
    }
    return new NativeFixedInputs(this.#environment.api, buffers);
  }

  async load(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    this.#checkAlive("load");
    const { api } = this.#environment;
    const fixed = nativeFixed(options.fixed);
    const handle = await this.#createSession(model, { ...options, fixed, device: this.device });
    const session = new NativeSession(api, handle, {
      isThreadSafe: devices[this.device].isThreadSafe,
      isProfiling: options.profile !== undefined,
      onRelease: (released) => {
        this.#held.delete(released);
        fixed?.drop(released);
      },
    });
    this.#held.add(session);
    fixed?.add(session);
    return session;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const held of [...this.#held]) held.release();
    this.#memory.release();
  }

  async #createSession(model: Uint8Array, options: LoadOptions): Promise<Pointer> {
    const create = devices[this.device].isThreadSafe ? createSession : createSessionNow;
    try {
      return await create(this.#environment, model, options);
    } catch (cause) {
      throw new RuntimeError(
        `load: expected the bytes of an ONNX model that runs on ${this.device}, got ${model.length} ` +
          `bytes that ONNX Runtime refuses: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  #checkAlive(what: string): void {
    if (this.#isReleased) throw new RuntimeError(`${what}: the runtime was released`);
  }
}

/** @throws {RuntimeError} when they belong to another runtime or were released */
function nativeFixed(fixed: FixedInputs | undefined): NativeFixedInputs | undefined {
  if (fixed === undefined) return undefined;
  if (!(fixed instanceof NativeFixedInputs)) {
    throw new RuntimeError("load: the fixed inputs are another runtime's; make them here");
  }
  fixed.checkAlive();
  return fixed;
}
