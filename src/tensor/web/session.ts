import type { InferenceSession, Tensor, TypedTensor } from "onnxruntime-web";
import { RuntimeError } from "../../errors.ts";
import { checkBindings, type Signature, type TensorInfo } from "../binding-check.ts";
import { type DType, dtypes } from "../dtype.ts";
import type { Binding, Buffer, Session } from "../session.ts";
import { WebBuffer } from "./buffer.ts";

type Ort = typeof import("onnxruntime-web");

/** A session of onnxruntime-web. */
export class WebSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #signature: Signature;
  readonly #onRelease: (session: WebSession) => void;
  #runs = 0;
  #isReleased = false;

  constructor(ort: Ort, session: InferenceSession, onRelease: (session: WebSession) => void) {
    this.#ort = ort;
    this.#session = session;
    this.#onRelease = onRelease;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.#signature = {
      inputs: session.inputMetadata.map(tensorInfo),
      outputs: session.outputMetadata.map(tensorInfo),
    };
  }

  bind(
    inputs: Readonly<Record<string, Buffer>>,
    outputs: Readonly<Record<string, Buffer>>,
  ): Binding {
    if (this.#isReleased) throw new RuntimeError("bind: the session was released");
    checkBindings(this.#signature, inputs, outputs);
    const feeds = Object.entries(webBuffers(inputs)).map(
      ([name, buffer]) => [name, tensorOf(this.#ort, buffer)] as const,
    );
    return new WebBinding(
      (feed, names) => this.#run(feed, names),
      Object.fromEntries(feeds),
      webBuffers(outputs),
    );
  }

  endProfiling(): undefined {
    return undefined;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onRelease(this);
    this.#freeWhenIdle();
  }

  async #run(feeds: Feeds, names: readonly string[]): Promise<InferenceSession.ReturnType> {
    if (this.#isReleased) throw new RuntimeError("run: the binding or its session was released");
    this.#runs += 1;
    try {
      return await this.#session.run(feeds, names);
    } catch (cause) {
      throw new RuntimeError(`ONNX Runtime Web, run: ${(cause as Error).message}`, { cause });
    } finally {
      this.#runs -= 1;
      if (this.#isReleased) this.#freeWhenIdle();
    }
  }

  #freeWhenIdle(): void {
    if (this.#runs === 0) void this.#session.release();
  }
}

type Feeds = Readonly<Record<string, Tensor>>;

class WebBinding implements Binding {
  readonly #runSession: (
    feeds: Feeds,
    names: readonly string[],
  ) => Promise<InferenceSession.ReturnType>;
  readonly #feeds: Feeds;
  readonly #outputs: Readonly<Record<string, WebBuffer>>;
  readonly #outputNames: readonly string[];
  #isRunning = false;
  #isReleased = false;

  constructor(
    runSession: (feeds: Feeds, names: readonly string[]) => Promise<InferenceSession.ReturnType>,
    feeds: Feeds,
    outputs: Readonly<Record<string, WebBuffer>>,
  ) {
    this.#runSession = runSession;
    this.#feeds = feeds;
    this.#outputs = outputs;
    this.#outputNames = Object.keys(outputs);
  }

  async run(): Promise<void> {
    if (this.#isReleased) throw new RuntimeError("run: the binding or its session was released");
    if (this.#isRunning) {
      throw new RuntimeError("run: the binding is already running; await one run before the next");
    }
    this.#isRunning = true;
    try {
      const results = await this.#runSession(this.#feeds, this.#outputNames);
      for (const name of this.#outputNames) {
        copyOut(name, results[name] as Tensor, this.#outputs[name]!);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  release(): void {
    this.#isReleased = true;
  }
}

/** Copies the bytes, whatever array type this engine has for float16. */
function copyOut(name: string, result: Tensor, buffer: WebBuffer): void {
  const from = bytesOf(result.data as ArrayBufferView);
  const to = bytesOf(buffer.data);
  if (from.length !== to.length) {
    throw new RuntimeError(
      `run: output "${name}": expected [${buffer.shape.join(", ")}], got [${result.dims.join(", ")}]`,
    );
  }
  to.set(from);
  result.dispose();
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function tensorOf(ort: Ort, buffer: WebBuffer): Tensor {
  // The constructor's overloads cannot be chosen by a type that is known only when running.
  const create = ort.Tensor as unknown as new (
    type: DType,
    data: unknown,
    dims: readonly number[],
  ) => TypedTensor<DType>;
  return new create(buffer.dtype, buffer.data, buffer.shape);
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  const { name } = metadata;
  if (!metadata.isTensor) return { name, dtype: undefined, shape: undefined };
  const shape = metadata.shape.map((size) => (typeof size === "number" ? size : undefined));
  return {
    name,
    dtype: metadata.type in dtypes ? (metadata.type as DType) : undefined,
    // As in the C API, a scalar and an open rank look alike.
    shape: shape.length === 0 ? undefined : shape,
  };
}

function webBuffers(
  buffers: Readonly<Record<string, Buffer>>,
): Readonly<Record<string, WebBuffer>> {
  const entries = Object.entries(buffers).map(([name, buffer]) => {
    if (!(buffer instanceof WebBuffer)) {
      throw new RuntimeError(`bind: "${name}" is a buffer of another runtime; allocate it here`);
    }
    buffer.checkAlive();
    return [name, buffer] as const;
  });
  return Object.fromEntries(entries);
}
