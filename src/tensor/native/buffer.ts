import { RuntimeError } from "../../errors.ts";
import { checkView, checkWrite, releasedBuffer } from "../buffer-check.ts";
import { allocateArray, type DType, elementCount, type TypedArray } from "../dtype.ts";
import type { Buffer } from "../session.ts";
import type { OrtApi, Pointer } from "./api.ts";
import { hostArray, type Storage, tensorOver } from "./storage.ts";

/** What buffers of one runtime share. */
export interface BufferContext {
  readonly api: OrtApi;
  /** Whether a view may start inside an allocation. */
  readonly hasOffsets: boolean;
  /** Copies a tensor to another of the same type and shape; one is on the host, one on the device. */
  copy(dtype: DType, from: Pointer, to: Pointer): void;
  /** Host memory described as a tensor; it owns nothing. */
  hostTensor(values: TypedArray, part: Pick<Part, "dtype" | "shape">): Pointer;
}

/** An allocation with the number of its holders: the buffer itself and bindings. */
export class SharedStorage {
  readonly storage: Storage;
  #holders = 1;
  #isReleased = false;
  readonly #onRelease: (shared: SharedStorage) => void;

  constructor(storage: Storage, onRelease: (shared: SharedStorage) => void) {
    this.storage = storage;
    this.#onRelease = onRelease;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  hold(): void {
    this.#holders += 1;
  }

  drop(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.storage.free();
  }

  /** Ends the owner's hold; memory that bindings still use is freed with the last of them. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onRelease(this);
    this.drop();
  }
}

interface Part {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elementOffset: number;
}

/** A tensor of the C API over a part of an allocation. */
export class NativeBuffer implements Buffer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray | undefined;
  readonly #context: BufferContext;
  readonly #shared: SharedStorage;
  readonly #part: Part;
  readonly #isView: boolean;
  #value: Pointer | undefined;
  #holders = 0;
  #isReleased = false;

  constructor(
    context: BufferContext,
    shared: SharedStorage,
    { isView, ...part }: Part & { isView: boolean },
  ) {
    this.#context = context;
    this.#shared = shared;
    this.#part = part;
    this.#isView = isView;
    this.dtype = part.dtype;
    this.shape = Object.freeze([...part.shape]);
    const { host } = shared.storage;
    this.data = host === undefined ? undefined : hostArray(host, part);
  }

  /** The OrtValue to bind. */
  get value(): Pointer {
    this.#checkAlive();
    this.#value ??= tensorOver(this.#context.api, this.#shared.storage, this.#part);
    return this.#value;
  }

  async write(values: TypedArray): Promise<void> {
    this.#checkAlive();
    checkWrite(this, values);
    if (this.data !== undefined) return copyArray(values, this.data);
    this.#withHost(values, (host) => this.#context.copy(this.dtype, host, this.value));
  }

  async read(): Promise<TypedArray> {
    this.#checkAlive();
    if (this.data !== undefined) return this.data.slice();
    const values = allocateArray(this.dtype, elementCount(this.shape));
    this.#withHost(values, (host) => this.#context.copy(this.dtype, this.value, host));
    return values;
  }

  view(shape: readonly number[], elementOffset = 0): Buffer {
    this.#checkAlive();
    checkView(this, shape, elementOffset);
    if (elementOffset > 0 && !this.#context.hasOffsets) {
      throw new RuntimeError(
        `view: this device binds whole allocations only, got the offset ${elementOffset}; ` +
          "allocate a buffer for each tensor",
      );
    }
    return new NativeBuffer(this.#context, this.#shared, {
      dtype: this.dtype,
      shape,
      elementOffset: this.#part.elementOffset + elementOffset,
      isView: true,
    });
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#holders === 0) this.#freeValue();
    if (!this.#isView) this.#shared.release();
  }

  /** Keeps the memory until `drop`, whatever is released meanwhile. */
  hold(): void {
    this.#holders += 1;
    this.#shared.hold();
  }

  drop(): void {
    this.#holders -= 1;
    if (this.#isReleased && this.#holders === 0) this.#freeValue();
    this.#shared.drop();
  }

  #withHost(values: TypedArray, use: (host: Pointer) => void): void {
    const host = this.#context.hostTensor(values, this);
    try {
      use(host);
    } finally {
      this.#context.api.release.value(host);
    }
  }

  #checkAlive(): void {
    if (this.#isReleased || this.#shared.isReleased) throw releasedBuffer(this);
  }

  #freeValue(): void {
    if (this.#value !== undefined) this.#context.api.release.value(this.#value);
    this.#value = undefined;
  }
}

function copyArray(from: TypedArray, to: TypedArray): void {
  (to as { set(values: TypedArray): void }).set(from);
}

/**
 * Buffers of this runtime.
 *
 * @param what - named in the error
 * @throws {RuntimeError} when one belongs to another runtime
 */
export function nativeBuffers(
  what: string,
  buffers: Readonly<Record<string, Buffer>>,
): Readonly<Record<string, NativeBuffer>> {
  const entries = Object.entries(buffers).map(([name, buffer]) => {
    if (buffer instanceof NativeBuffer) return [name, buffer] as const;
    throw new RuntimeError(`${what}: "${name}" is a buffer of another runtime; allocate it here`);
  });
  return Object.fromEntries(entries);
}
