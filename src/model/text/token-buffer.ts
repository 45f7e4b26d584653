/** A growing list of token ids; four bytes a token and no boxed numbers on the way. */
export class TokenBuffer {
  #tokens: Uint32Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1024) {
    this.#tokens = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(token: number): void {
    if (this.#length === this.#tokens.length) this.#grow(this.#length + 1);
    this.#tokens[this.#length++] = token;
  }

  /** Appends `source[start..end)`; `source` may be this buffer's neighbour, never itself. */
  pushRange(source: TokenBuffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#tokens.length) this.#grow(length);
    const from = source.#tokens;
    const tokens = this.#tokens;
    let at = this.#length;
    for (let index = start; index < end; index++) tokens[at++] = from[index]!;
    this.#length = length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** A copy of the tokens, its memory as large as they are. */
  toUint32Array(): Uint32Array<ArrayBuffer> {
    return this.#tokens.slice(0, this.#length);
  }

  toArray(): number[] {
    const array = new Array<number>(this.#length);
    for (let index = 0; index < this.#length; index++) array[index] = this.#tokens[index]!;
    return array;
  }

  #grow(least: number): void {
    const tokens = new Uint32Array(Math.max(least, 2 * this.#tokens.length));
    tokens.set(this.#tokens);
    this.#tokens = tokens;
  }
}
