import type { InferenceSession } from "onnxruntime-web";
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
import { WebBuffer, WebStorage } from "./buffer.ts";
import { WebSession } from "./session.ts";

type Ort = typeof import("onnxruntime-web");

/**
 * Opens ONNX Runtime compiled to WebAssembly, in a browser or in Node.
 *
 * Tensors are kept in host memory and carried into WebAssembly and back at each run, so it is
 * slower than the native runtime. One thread in Node and on pages that are not cross-origin
 * isolated; there, a run blocks the event loop.
 *
 * @throws {RuntimeError} when the device is missing, or another thread count is fixed already
 */
export async function openWeb(options: {
  readonly device: DeviceName;
  readonly threads?: number;
}): Promise<Runtime> {
  const { device } = options;
  const usable = usableDevices();
  if (!usable.includes(device)) {
    throw new RuntimeError(
      `openRuntime: the device "${device}" cannot be used by the runtime of kind "web"; here it has ` +
        `${usable.join(", ")}. "webgpu" needs a browser with WebGPU; in Node use the kind "native"`,
    );
  }
  fixedThreads ??= threadCount(options.threads);
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = fixedThreads;
  ort.env.logLevel = "error";
  return new WebRuntime(ort, device, fixedThreads);
}

/** WebAssembly is set up once, so the first call decides. */
let fixedThreads: number | undefined;

const browser = globalThis as {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: unknown; readonly hardwareConcurrency?: number };
};

function usableDevices(): readonly DeviceName[] {
  return browser.navigator?.gpu === undefined ? ["cpu"] : ["cpu", "webgpu"];
}

function threadCount(asked: number | undefined): number {
  if (browser.crossOriginIsolated !== true) return 1;
  return asked ?? browser.navigator?.hardwareConcurrency ?? 1;
}

class WebRuntime implements Runtime {
  readonly device: DeviceName;
  readonly kind = "web";
  readonly version: string;
  readonly threads: number;
  readonly #ort: Ort;
  readonly #held = new Set<{ release(): void }>();
  #isReleased = false;

  constructor(ort: Ort, device: DeviceName, threads: number) {
    this.device = device;
    this.version = ort.env.versions.web ?? ort.env.versions.common;
    this.threads = threads;
    this.#ort = ort;
  }

  allocate(dtype: DType, shape: readonly number[]): Buffer {
    this.#checkAlive("allocate");
    checkShape("allocate", shape);
    const sizeBytes = elementCount(shape) * dtypes[dtype].bytes;
    const storage = new WebStorage(sizeBytes, (released) => this.#held.delete(released));
    this.#held.add(storage);
    return new WebBuffer(storage, { dtype, shape, byteOffset: 0, isView: false });
  }

  fix(): FixedInputs {
    throw new RuntimeError('fix: fixed inputs need the runtime of kind "native"');
  }

  async load(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    this.#checkAlive("load");
    if (options.profile !== undefined) {
      throw new RuntimeError('load: profiles need the runtime of kind "native"');
    }
    const inference = await this.#create(model, options);
    const session = new WebSession(this.#ort, inference, (released) => this.#held.delete(released));
    this.#held.add(session);
    return session;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const held of [...this.#held]) held.release();
  }

  async #create(model: Uint8Array, options: SessionOptions): Promise<InferenceSession> {
    try {
      return await this.#ort.InferenceSession.create(model, {
        executionProviders: [this.device === "cpu" ? "wasm" : this.device],
        graphOptimizationLevel: options.optimization ?? "all",
        logSeverityLevel: 3,
      });
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
