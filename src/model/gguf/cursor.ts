import { CheckpointError } from "../../errors.ts";
import { arrayType, type GgufValue, numberTypes, stringType } from "./value-types.ts";

/** Thrown where the bytes end too early: there may be more in the file. */
export class OutOfBytes extends Error {}

/** Arrays in arrays, of which real files have none. */
const deepestArray = 4;

/** Reads the beginning of a GGUF file value by value. */
export class Cursor {
  readonly #path: string;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(path: string, bytes: Buffer) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  /** @param what - named in the error @throws {CheckpointError} when it is no possible size */
  size(what: string): number {
    const value = this.#bytes.readBigUInt64LE(this.#advance(8));
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.broken(`${what} is ${value}`);
  }

  text(what: string): string {
    const length = this.size(`the length of ${what}`);
    const start = this.#advance(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A value of the metadata. @param what - named in the error */
  value(type: number, what: string, depth = 0): GgufValue {
    const rule = numberTypes.get(type);
    if (rule !== undefined) return rule.read(this.#bytes, this.#advance(rule.bytes));
    if (type === stringType) return this.text(what);
    if (type !== arrayType || depth === deepestArray) {
      throw this.broken(`${what} has the unknown type ${type}`);
    }
    const itemType = this.uint32();
    const count = this.size(`the length of ${what}`);
    // each item takes a byte at least: a damaged count allocates nothing
    if (count > this.#bytes.length - this.#at) throw new OutOfBytes();
    return Array.from({ length: count }, () => this.value(itemType, what, depth + 1));
  }

  broken(fault: string): CheckpointError {
    return new CheckpointError(
      `${this.#path}: the GGUF header is broken: ${fault}; copy the file again`,
    );
  }

  /** Steps over some bytes. @returns where they begin */
  #advance(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new OutOfBytes();
    this.#at = start + length;
    return start;
  }
}
