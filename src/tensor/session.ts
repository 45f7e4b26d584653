import type { DType, TypedArray } from "./dtype.ts";

/** Where tensors live and graphs run. */
export type DeviceName = "cpu" | "cuda" | "webgpu" | "coreml" | "dml";

/** A tensor's memory on the device, bound to graphs in place. */
export interface Buffer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The host memory itself when the device is the CPU, else undefined. */
  readonly data: TypedArray | undefined;
  /**
   * Copies a host array of the buffer's type and length into the buffer.
   *
   * @throws {ShapeError} when type or length differ
   */
  write(values: TypedArray): Promise<void>;
  /** A copy of the buffer's values on the host. */
  read(): Promise<TypedArray>;
  /**
   * The same memory under another shape, from `elementOffset` on; no copy. It stays valid until the
   * buffer that was allocated is released.
   *
   * @throws {ShapeError} when the view would reach past the buffer
   */
  view(shape: readonly number[], elementOffset?: number): Buffer;
  /** Frees the memory once no binding uses it; a second call does nothing. */
  release(): void;
}

/** A session with the memory of its inputs and outputs fixed. */
export interface Binding {
  /**
   * Runs the graph once; on the native runtime the event loop stays free meanwhile,
   * except on WebGPU, which works on the main thread.
   *
   * @throws {RuntimeError} when the graph fails, a run of this binding is under way, or the binding
   * or its session was released
   */
  run(): Promise<void>;
  /** Gives up the binding; buffers and session live on; a second call does nothing. */
  release(): void;
}

/** A graph made ready to run. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Binds buffers to the graph's inputs and outputs by name. The same buffer as input and output is
   * updated in place; the graph must then read the input before it writes the output.
   *
   * @throws {RuntimeError} when a name is missing or unknown, or a type or shape does not fit
   */
  bind(
    inputs: Readonly<Record<string, Buffer>>,
    outputs: Readonly<Record<string, Buffer>>,
  ): Binding;
  /**
   * Ends profiling and writes the profile.
   *
   * @returns the profile's path; undefined when the session was loaded without `profile`
   */
  endProfiling(): string | undefined;
  /** Frees the graph; its bindings can no longer run; a second call does nothing. */
  release(): void;
}

/**
 * Tensors that graphs have as constants: each kernel may lay them out anew once, for all graphs
 * that are loaded with them.
 */
export interface FixedInputs {
  /** By the name of the graph's `fixedInput`. */
  readonly buffers: Readonly<Record<string, Buffer>>;
  /** Frees the graphs that were loaded with them; the buffers stay the caller's. */
  release(): void;
}

/** How a graph is made ready. */
export interface SessionOptions {
  /** The values of the graph's fixed inputs, others are left alone; native runtime only. */
  readonly fixed?: FixedInputs | undefined;
  /** Graph rewriting by ONNX Runtime; `all` by default. */
  readonly optimization?: "all" | "basic" | "disabled";
  /** Path prefix of a profile of every node (JSON, Chrome trace format); native runtime only. */
  readonly profile?: string;
}

/** One device that holds tensors and runs graphs. */
export interface Runtime {
  readonly device: DeviceName;
  readonly kind: "native" | "web";
  /** ONNX Runtime's version. */
  readonly version: string;
  readonly threads: number;
  /** Memory for a tensor, zeroed. */
  allocate(dtype: DType, shape: readonly number[]): Buffer;
  /**
   * Tensors for the fixed inputs of graphs; their values must not change any more.
   *
   * @throws {RuntimeError} on another runtime than the native one on the CPU
   */
  fix(buffers: Readonly<Record<string, Buffer>>): FixedInputs;
  /**
   * Makes a graph ready to run.
   *
   * @param model - bytes of an ONNX ModelProto
   * @throws {RuntimeError} when the bytes are no model or an op has no kernel on the device
   */
  load(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Frees every session and buffer that is still held; a second call does nothing. */
  release(): void;
}
