import { RuntimeError } from "../../errors.ts";
import { checkBindings, type TensorInfo } from "../binding-check.ts";
import type { Binding, Buffer, Session } from "../session.ts";
import { type OrtApi, type Pointer, receive, stringAt } from "./api.ts";
import { type NativeBuffer, nativeBuffers } from "./buffer.ts";
import { readSignature } from "./signature.ts";

/** A session of the C API: graph inputs and outputs, bindings, one release for all. */
export class NativeSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #api: OrtApi;
  readonly #handle: Pointer;
  readonly #inputs: readonly TensorInfo[];
  readonly #outputs: readonly TensorInfo[];
  readonly #bindings = new Set<NativeBinding>();
  readonly #isThreadSafe: boolean;
  readonly #onRelease: (session: NativeSession) => void;
  #isProfiling: boolean;
  #isReleased = false;

  constructor(
    api: OrtApi,
    handle: Pointer,
    options: {
      isThreadSafe: boolean;
      isProfiling: boolean;
      onRelease: (session: NativeSession) => void;
    },
  ) {
    this.#api = api;
    this.#handle = handle;
    this.#isThreadSafe = options.isThreadSafe;
    this.#isProfiling = options.isProfiling;
    this.#onRelease = options.onRelease;
    const { inputs, outputs } = readSignature(api, handle);
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.inputNames = inputs.map(({ name }) => name);
    this.outputNames = outputs.map(({ name }) => name);
  }

  bind(
    inputs: Readonly<Record<string, Buffer>>,
    outputs: Readonly<Record<string, Buffer>>,
  ): Binding {
    if (this.#isReleased) throw new RuntimeError("bind: the session was released");
    checkBindings({ inputs: this.#inputs, outputs: this.#outputs }, inputs, outputs);
    const binding = new NativeBinding(this.#api, this.#handle, {
      inputs: boundBuffers(inputs),
      outputs: boundBuffers(outputs),
      isThreadSafe: this.#isThreadSafe,
      onRelease: () => {
        this.#bindings.delete(binding);
        this.#releaseWhenFree();
      },
    });
    this.#bindings.add(binding);
    return binding;
  }

  endProfiling(): string | undefined {
    if (this.#isReleased || !this.#isProfiling) return undefined;
    this.#isProfiling = false;
    const allocator = receive((out) => this.#api.call.getAllocatorWithDefaultOptions(out));
    const text = receive((out) => this.#api.call.sessionEndProfiling(this.#handle, allocator, out));
    const path = stringAt(text);
    this.#api.call.allocatorFree(allocator, text);
    return path;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#bindings.size === 0) this.#releaseWhenFree();
    else for (const binding of [...this.#bindings]) binding.release();
  }

  #releaseWhenFree(): void {
    if (!this.#isReleased || this.#bindings.size > 0) return;
    this.#api.release.session(this.#handle);
    this.#onRelease(this);
  }
}

interface Bound {
  readonly inputs: ReadonlyMap<string, NativeBuffer>;
  readonly outputs: ReadonlyMap<string, NativeBuffer>;
  readonly isThreadSafe: boolean;
  readonly onRelease: () => void;
}

class NativeBinding implements Binding {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #handle: Pointer;
  readonly #bound: Bound;
  readonly #inputs: ReadonlyMap<string, Pointer>;
  /**
   * Whether binding may copy an input: one on a device that only nodes on the CPU read. Such inputs
   * are bound at each run, else a run would see what the buffer held when it was bound.
   */
  readonly #isCopied: boolean;
  #isRunning = false;
  #isReleased = false;

  constructor(api: OrtApi, session: Pointer, bound: Bound) {
    this.#api = api;
    this.#session = session;
    this.#bound = bound;
    this.#inputs = new Map([...bound.inputs].map(([name, { value }]) => [name, value]));
    this.#isCopied = [...bound.inputs.values()].some(({ data }) => data === undefined);
    this.#handle = receive((out) => api.call.createIoBinding(session, out));
    try {
      this.#bindInputs();
      for (const [name, buffer] of bound.outputs)
        api.call.bindOutput(this.#handle, name, buffer.value);
    } catch (error) {
      api.release.ioBinding(this.#handle);
      throw error;
    }
    for (const buffer of this.#buffers()) buffer.hold();
  }

  async run(): Promise<void> {
    if (this.#isReleased) throw new RuntimeError("run: the binding or its session was released");
    if (this.#isRunning) {
      throw new RuntimeError("run: the binding is already running; await one run before the next");
    }
    this.#isRunning = true;
    try {
      await this.#start();
    } finally {
      this.#isRunning = false;
      if (this.#isReleased) this.#free();
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (!this.#isRunning) this.#free();
  }

  async #start(): Promise<void> {
    const { call, callAsync } = this.#api;
    const { runWithBinding } = this.#bound.isThreadSafe ? callAsync : call;
    if (this.#isCopied) this.#bindInputs();
    await runWithBinding(this.#session, null, this.#handle);
  }

  #bindInputs(): void {
    for (const [name, value] of this.#inputs) this.#api.call.bindInput(this.#handle, name, value);
  }

  #free(): void {
    this.#api.release.ioBinding(this.#handle);
    for (const buffer of this.#buffers()) buffer.drop();
    this.#bound.onRelease();
  }

  #buffers(): NativeBuffer[] {
    return [...this.#bound.inputs.values(), ...this.#bound.outputs.values()];
  }
}

function boundBuffers(
  buffers: Readonly<Record<string, Buffer>>,
): ReadonlyMap<string, NativeBuffer> {
  return new Map(Object.entries(nativeBuffers("bind", buffers)));
}
