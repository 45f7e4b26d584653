import type { ModelConfig } from "../model/config.ts";
import type { Buffer, Runtime } from "../tensor/session.ts";

/** The memory of the keys and values of all slots and layers. */
export class SlotCache {
  readonly slots: number;
  /** Positions that a slot has room for. */
  readonly capacity: number;
  readonly #config: ModelConfig;
  /** Of every layer `keys.LAYER` and `values.LAYER`, [slots, kvHeads, capacity, headDim]. */
  readonly #buffers: Readonly<Record<string, Buffer>>;

  constructor(
    runtime: Runtime,
    config: ModelConfig,
    size: { readonly slots: number; readonly capacity: number },
  ) {
    this.slots = size.slots;
    this.capacity = size.capacity;
    this.#config = config;
    const shape = this.shape(size.slots);
    const names = Array.from({ length: config.layers }, (_, layer) => cacheNames(layer)).flat();
    this.#buffers = Object.fromEntries(
      names.map((name) => [name, runtime.allocate("float32", shape)]),
    );
  }

  /** Shape of a layer's keys or values for some slots. */
  shape(slots: number): readonly number[] {
    return [slots, this.#config.kvHeads, this.capacity, this.#config.headDim];
  }

  /** Views of all buffers, of the slots from `start` on; the caller releases them. */
  slotsFrom(start: number, slots: number): Record<string, Buffer> {
    const shape = this.shape(slots);
    const offset = start * this.#headSize * this.#config.kvHeads;
    return Object.fromEntries(
      Object.entries(this.#buffers).map(([name, buffer]) => [name, buffer.view(shape, offset)]),
    );
  }

  /** Copies the first `positions` of one slot to another. */
  async copy(from: number, to: number, positions: number): Promise<void> {
    const { kvHeads, headDim } = this.#config;
    const shape = [positions, headDim];
    for (const buffer of Object.values(this.#buffers)) {
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
    for (const buffer of Object.values(this.#buffers)) buffer.release();
  }

  /** Elements of one head of one slot. */
  get #headSize(): number {
    return this.capacity * this.#config.headDim;
  }
}

/** Names of a layer's keys and values in every graph. */
export function cacheNames(layer: number): readonly [keys: string, values: string] {
  return [`keys.${layer}`, `values.${layer}`];
}
