import type { ModelConfig } from "../model/config.ts";
import type { Buffer, Runtime } from "../tensor/session.ts";

/** Keys and values of one layer, [slots, kvHeads, capacity, headDim] each. */
export interface LayerBuffers {
  readonly keys: Buffer;
  readonly values: Buffer;
}

/** The memory of the keys and values of all slots and layers. */
export class SlotCache {
  readonly slots: number;
  /** Positions that a slot has room for. */
  readonly capacity: number;
  readonly #config: ModelConfig;
  readonly #layers: readonly LayerBuffers[];

  constructor(
    runtime: Runtime,
    config: ModelConfig,
    size: { readonly slots: number; readonly capacity: number },
  ) {
    this.slots = size.slots;
    this.capacity = size.capacity;
    this.#config = config;
    const shape = this.shape(size.slots);
    this.#layers = Array.from({ length: config.layers }, () => ({
      keys: runtime.allocate("float32", shape),
      values: runtime.allocate("float32", shape),
    }));
  }

  /** Shape of a layer's keys or values for some slots. */
  shape(slots: number): readonly number[] {
    return [slots, this.#config.kvHeads, this.capacity, this.#config.headDim];
  }

  /** Each layer's memory of the slots from `start` on. */
  slotsFrom(start: number, slots: number): readonly LayerBuffers[] {
    const shape = this.shape(slots);
    const offset = start * this.#headSize * this.#config.kvHeads;
    return this.#layers.map(({ keys, values }) => ({
      keys: keys.view(shape, offset),
      values: values.view(shape, offset),
    }));
  }

  /** Copies the first `positions` of one slot to another. */
  async copy(from: number, to: number, positions: number): Promise<void> {
    const { kvHeads, headDim } = this.#config;
    const shape = [positions, headDim];
    for (const buffer of this.#layers.flatMap(({ keys, values }) => [keys, values])) {
      for (let head = 0; head < kvHeads; head++) {
        const source = buffer.view(shape, (from * kvHeads + head) * this.#headSize);
        const target = buffer.view(shape, (to * kvHeads + head) * this.#headSize);
        await target.write(source.data ?? (await source.read()));
        source.release();
        target.release();
      }
    }
  }

  release(): void {
    for (const { keys, values } of this.#layers) {
      keys.release();
      values.release();
    }
  }

  /** Elements of one head of one slot. */
  get #headSize(): number {
    return this.capacity * this.#config.headDim;
  }
}
