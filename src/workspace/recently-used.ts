/** Values that are costly to make, by key: the ones used last are kept, up to a number of bytes. */
export class RecentlyUsed<Key, Value> {
  readonly #mostBytes: number;
  /** Least recently used first. */
  readonly #kept = new Map<Key, { readonly value: Promise<Value>; readonly bytes: number }>();
  #bytes = 0;

  /** @param mostBytes - of all values; the one that was asked for last is always kept */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The value of a key, made when it is not kept; a failure is not kept. */
  get(key: Key, bytes: number, make: () => Promise<Value>): Promise<Value> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value;
    }
    const value = make();
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    this.#makeRoom();
    value.catch(() => {
      if (this.#kept.get(key)?.value === value) this.#forget(key);
    });
    return value;
  }

  #makeRoom(): void {
    for (const key of this.#kept.keys()) {
      if (this.#bytes <= this.#mostBytes || this.#kept.size === 1) return;
      this.#forget(key);
    }
  }

  #forget(key: Key): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
