import { ShapeError } from "../errors.ts";
import { apply, describe, type Emitter, expectRank, type OpRule, type Tensor } from "./tensor.ts";

/** Neighbours in a row that share a scale. */
export const blockLength = 32;

/** Bits of a quantised value. */
export type QuantisedBits = 4 | 8;

/**
 * A matrix in blocks of 32 neighbours of a row: value = scale * (q - 2^(bits - 1)) + offset, with q
 * a whole number without a sign.
 */
export interface QuantisedTensors {
  /** [out, in / 32, 4 * bits] uint8; of 4 bits two in a byte, the first one in its lower half. */
  readonly blocks: Tensor;
  /** [out, in / 32] float32 */
  readonly scales: Tensor;
  /** [out, in / 32] float32; left out: all are 0. */
  readonly offsets?: Tensor | undefined;
}

type BlockAttributes = { bits: QuantisedBits };

function inferMatrix(op: string, inputs: readonly Tensor[], bits: QuantisedBits) {
  const [blocks, scales, offsets] = inputs as [Tensor, Tensor, Tensor | undefined];
  expectRank(op, blocks, 3);
  const [out, count, bytes] = blocks.shape as [number, number, number];
  const fits =
    blocks.dtype === "uint8" &&
    bytes === (blockLength * bits) / 8 &&
    [scales, offsets ?? scales].every(
      ({ dtype, shape }) => dtype === "float32" && shape.join() === [out, count].join(),
    );
  if (!fits) {
    throw new ShapeError(
      `${op}: expected blocks uint8[out, in / ${blockLength}, ${(blockLength * bits) / 8}] of ${bits} bits with scales and offsets float32[out, in / ${blockLength}], got ${inputs.map(describe).join(", ")}`,
    );
  }
  return [out, count * blockLength] as const;
}

const dequantiseRule: OpRule<BlockAttributes> = {
  name: "dequantise",
  infer: (inputs, { bits }) => [
    { dtype: "float32", shape: inferMatrix("dequantise", inputs, bits) },
  ],
  emit: (emitter, [blocks, scales, offsets], { inputs, attributes: { bits } }) => {
    const [out, count] = inputs[1]!.shape as [number, number];
    const cast = emitter.node("Cast", [emitValues(emitter, blocks!, [out, count], bits)], {
      to: 1,
    });
    const middle = emitter.constant("float32", [2 ** (bits - 1)], []);
    const axis = emitter.constant("int64", [2], [1]);
    const spread = (each: string) => emitter.node("Unsqueeze", [each, axis]);
    let values = emitter.node("Sub", [cast, middle]);
    values = emitter.node("Mul", [values, spread(scales!)]);
    if (offsets !== undefined) values = emitter.node("Add", [values, spread(offsets)]);
    const shape = emitter.constant("int64", [out, count * blockLength], [2]);
    return [emitter.node("Reshape", [values, shape])];
  },
};

/** The whole numbers of blocks, uint8 [out, count, 32]. */
function emitValues(
  emitter: Emitter,
  blocks: string,
  [out, count]: readonly [number, number],
  bits: QuantisedBits,
): string {
  if (bits === 8) return blocks;
  const lower = emitter.node("BitwiseAnd", [blocks, emitter.constant("uint8", [15], [])]);
  const four = emitter.constant("uint8", [4], []);
  const upper = emitter.node("BitShift", [blocks, four], { direction: "RIGHT" });
  const axis = emitter.constant("int64", [3], [1]);
  const halves = [lower, upper].map((half) => emitter.node("Unsqueeze", [half, axis]));
  const shape = emitter.constant("int64", [out, count, blockLength], [3]);
  return emitter.node("Reshape", [emitter.node("Concat", halves, { axis: 3 }), shape]);
}

/** Sums of products of whole numbers: activations are rounded to 8 bits, block by block. */
const integerSums = 4;

const quantisedLinearRule: OpRule<BlockAttributes> = {
  name: "quantisedLinear",
  infer: ([x, ...matrix], { bits }) => {
    expectRank("quantisedLinear", x!, 2);
    const [out, width] = inferMatrix("quantisedLinear", matrix, bits);
    if (x!.shape[1] !== width || x!.dtype !== "float32") {
      throw new ShapeError(
        `quantisedLinear: expected x float32[rows, ${width}] for a matrix [${out}, ${width}], got ${describe(x!)}`,
      );
    }
    return [{ dtype: "float32", shape: [x!.shape[0]!, out] }];
  },
  emit: (emitter, [x, blocks, scales, offsets], { inputs, attributes: { bits } }) => {
    const [out, count] = inputs[2]!.shape as [number, number];
    const width = count * blockLength;
    const product = emitter.node("com.microsoft.MatMulNBits", [x!, blocks!, scales!], {
      ...{ K: width, N: out, bits, block_size: blockLength, accuracy_level: integerSums },
    });
    if (offsets === undefined) return [product];
    // what a block's offset adds is the offset times the sum of the block's activations
    const rows = inputs[0]!.shape[0]!;
    const shape = emitter.constant("int64", [rows, count, blockLength], [3]);
    const grouped = emitter.node("Reshape", [x!, shape]);
    const axis = emitter.constant("int64", [2], [1]);
    const sums = emitter.node("ReduceSum", [grouped, axis], { keepdims: 0 });
    return [emitter.node("Gemm", [sums, offsets, product], { transB: 1 })];
  },
};

/** Rules of the family that reads quantised matrices. */
export const quantised = {
  dequantise: dequantiseRule,
  quantisedLinear: quantisedLinearRule,
} as const;

/**
 * A quantised matrix as the float32 matrix that it stands for, [out, in]: `linear` and `gather` read
 * it without making that. No gradient flows.
 *
 * @throws {ShapeError} when the shapes disagree
 */
export function dequantise(
  { blocks, scales, offsets }: QuantisedTensors,
  bits: QuantisedBits,
): Tensor {
  const inputs = offsets === undefined ? [blocks, scales] : [blocks, scales, offsets];
  return apply(dequantiseRule, inputs, { bits });
}

/** What `dequantise` made a matrix of; undefined for any other tensor. */
export function quantisedParts(
  matrix: Tensor,
): { readonly inputs: readonly Tensor[]; readonly bits: QuantisedBits } | undefined {
  const { rule, inputs, attributes } = matrix.node;
  if (rule.name !== dequantiseRule.name) return undefined;
  return { inputs, bits: attributes["bits"] as QuantisedBits };
}

/**
 * Linear layer of a quantised matrix: products of whole numbers, for which each row's blocks of 32
 * activations are rounded to 8 bits with a scale of their own; offsets meet the sums of the
 * activations as they are.
 *
 * @param x - [rows, in]
 * @returns [rows, out]
 * @throws {ShapeError} when the shapes disagree
 * @see com.microsoft.MatMulNBits of ONNX Runtime, accuracy level 4
 */
export function quantisedLinear(
  x: Tensor,
  { inputs, bits }: NonNullable<ReturnType<typeof quantisedParts>>,
): Tensor {
  return apply(quantisedLinearRule, [x, ...inputs], { bits });
}
