import { describe, expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { float16Bits } from "../../tensor/dtype.ts";
import { dequantiseMatrix, isQuantised } from "../quantised-matrix.ts";
import { encoders } from "./gguf.fixture.ts";
import { type TensorTypeName, tensorTypes } from "./tensor-types.ts";

/** The floats of a tensor's bytes. */
function decode(type: TensorTypeName, bytes: Buffer, shape: readonly number[]): Float32Array {
  const own = Buffer.from(Uint8Array.from(bytes).buffer);
  const tensor = tensorTypes[type].decode(own, shape);
  return isQuantised(tensor) ? dequantiseMatrix(tensor) : tensor.data;
}

const half = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(float16Bits(value));
  return bytes;
};
const range = (length: number) => Array.from({ length }, (_, index) => index);
// byte i holds i below and 15 - i above
const nibbles = Buffer.from(range(16).map((i) => i | ((15 - i) << 4)));
const quants = [...range(16), ...range(16).map((i) => 15 - i)];

describe("a block by hand", () => {
  test("Q8_0: scale times a byte with a sign", () => {
    const q = Int8Array.from(range(32), (i) => (i % 2 === 0 ? 127 - i : i - 128));
    const bytes = Buffer.concat([half(0.5), Buffer.from(q.buffer)]);
    expect([...decode("Q8_0", bytes, [32])]).toEqual([...q].map((each) => each / 2));
  });

  test("Q4_0: scale times a value less 8; i and i + 16 share a byte", () => {
    const bytes = Buffer.concat([half(-2), nibbles]);
    expect([...decode("Q4_0", bytes, [32])]).toEqual(quants.map((q) => -2 * (q - 8)));
  });

  test("Q4_1: scale times a value, and a minimum", () => {
    const bytes = Buffer.concat([half(0.25), half(-1), nibbles]);
    expect([...decode("Q4_1", bytes, [32])]).toEqual(quants.map((q) => 0.25 * q - 1));
  });

  test("the product is rounded before the minimum is added, as in ggml", () => {
    const [scale, minimum] = [0.0999755859375, -1.2998046875]; // both are float16
    const bytes = Buffer.concat([half(scale), half(minimum), nibbles]);
    expect([...decode("Q4_1", bytes, [32])]).toEqual(
      quants.map((q) => Math.fround(Math.fround(scale * q) + minimum)),
    );
  });

  test("F16 and BF16: the numbers that the bits stand for", () => {
    expect([...decode("F16", Buffer.from([0x00, 0x3c, 0x00, 0xc1]), [2])]).toEqual([1, -2.5]);
    expect([...decode("BF16", Buffer.from([0x80, 0x3f, 0x20, 0xc0]), [2])]).toEqual([1, -2.5]);
  });
});

describe("what is written and read again", () => {
  const random = new Random(3);
  const data = Float32Array.from({ length: 5 * 64 }, () => random.normal());

  // half a step: of 1/127, 1/8 (the side without a value of -8 loses a whole one) or 1/15
  test.each([
    ["F32", 0],
    ["F16", 2 ** -11],
    ["BF16", 2 ** -7],
    ["Q8_0", 0.51 / 127],
    ["Q4_0", 1.01 / 8],
    ["Q4_1", 1.1 / 15],
  ] as const)("as %s is close", (type, tolerance) => {
    const bytes = encoders[type](data);
    const { length, bytes: blockBytes } = tensorTypes[type];
    expect(bytes.length).toBe((data.length / length) * blockBytes);
    const found = decode(type, bytes, [5, 64]);
    for (let start = 0; start < data.length; start += 32) {
      const block = data.subarray(start, start + 32);
      const largest = Math.max(...block.map(Math.abs));
      for (const [i, value] of block.entries()) {
        expect(Math.abs(found[start + i]! - value)).toBeLessThanOrEqual(tolerance * largest);
      }
    }
    // what blocks can hold comes back to the bit
    expect(decode(type, encoders[type](found), [5, 64])).toEqual(found);
  });
});
