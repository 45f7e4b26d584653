/**
 * A growing protobuf message: the few wire types that ONNX needs.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class ProtobufWriter {
  #parts: Uint8Array[] = [];
  #length = 0;

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  #tag(field: number, wireType: number): void {
    this.#push(varint(field * 8 + wireType));
  }

  /** An integer field, negative ones as 64-bit two's complement. */
  integer(field: number, value: number): void {
    this.#tag(field, 0);
    this.#push(varint(value));
  }

  /** A 32-bit floating-point field. */
  float(field: number, value: number): void {
    this.#tag(field, 5);
    this.#push(new Uint8Array(new Float32Array([value]).buffer));
  }

  /** A length-delimited field: bytes, a string or a nested message. */
  bytes(field: number, value: Uint8Array | string | ProtobufWriter): void {
    this.#tag(field, 2);
    if (value instanceof ProtobufWriter) {
      this.#push(varint(value.#length));
      for (const part of value.#parts) this.#push(part);
      return;
    }
    const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
    this.#push(varint(content.length));
    this.#push(content);
  }

  /** The whole message. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      result.set(part, offset);
      offset += part.length;
    }
    return result;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
