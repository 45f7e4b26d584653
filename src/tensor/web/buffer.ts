import { checkView, checkWrite, releasedBuffer } from "../buffer-check.ts";
import { arrayOver, type DType, dtypes, elementCount, type TypedArray } from "../dtype.ts";
import type { Buffer } from "../session.ts";

/** Host memory of one allocation; views share it. */
export class WebStorage {
  readonly memory: ArrayBuffer;
  isReleased = false;
  readonly #onRelease: (storage: WebStorage) => void;

  constructor(sizeBytes: number, onRelease: (storage: WebStorage) => void) {
    this.memory = new ArrayBuffer(sizeBytes);
    this.#onRelease = onRelease;
  }

  /** Ends the use of the memory; the garbage collector frees it. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.#onRelease(this);
  }
}

/** A tensor in host memory; each run carries it into WebAssembly and back. */
export class WebBuffer implements Buffer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
  readonly #storage: WebStorage;
  readonly #isView: boolean;
  #isReleased = false;

  constructor(
    storage: WebStorage,
    part: {
      dtype: DType;
      shape: readonly number[];
      /** In bytes. */ byteOffset: number;
      isView: boolean;
    },
  ) {
    this.dtype = part.dtype;
    this.shape = Object.freeze([...part.shape]);
    this.#storage = storage;
    this.#isView = part.isView;
    const length = elementCount(part.shape);
    this.data = arrayOver(part.dtype, storage.memory, { byteOffset: part.byteOffset, length });
  }

  async write(values: TypedArray): Promise<void> {
    this.checkAlive();
    checkWrite(this, values);
    (this.data as { set(values: TypedArray): void }).set(values);
  }

  async read(): Promise<TypedArray> {
    this.checkAlive();
    return this.data.slice();
  }

  view(shape: readonly number[], elementOffset = 0): Buffer {
    this.checkAlive();
    checkView(this, shape, elementOffset);
    const byteOffset = this.data.byteOffset + elementOffset * dtypes[this.dtype].bytes;
    return new WebBuffer(this.#storage, { dtype: this.dtype, shape, byteOffset, isView: true });
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (!this.#isView) this.#storage.release();
  }

  /** @throws {RuntimeError} when the buffer or the allocation under it was released */
  checkAlive(): void {
    if (this.#isReleased || this.#storage.isReleased) throw releasedBuffer(this);
  }
}
