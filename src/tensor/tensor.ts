import { ShapeError } from "../errors.ts";
import { castArray, type DType, elementCount, isArrayOf, type TypedArray } from "./dtype.ts";
import type { OnnxAttribute } from "./onnx/model.ts";
import type { DeviceName } from "./session.ts";

/** Sizes of a tensor's axes; all static. */
export type Shape = readonly number[];

/** Element type and shape of one value. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One output of one node: a value that a graph will compute. */
export interface Tensor extends TensorType {
  readonly node: Node;
  /** Which of the node's outputs. */
  readonly index: number;
}

/** One application of an op. */
export interface Node {
  /** Creation order: inputs always have smaller numbers. */
  readonly id: number;
  readonly rule: OpRule;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** What an op is told beside its inputs. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | readonly number[] | TypedArray | undefined>
>;

/** Where a rule writes its ONNX nodes; values are referred to by name. */
export interface Emitter {
  /** Where the graph will run. */
  readonly device: DeviceName;
  /** Adds an ONNX node with one output and returns the output's name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /** Adds an ONNX node with several outputs; an output that is `false` in `wanted` is left out. */
  outputs(
    opType: string,
    inputs: readonly string[],
    options: {
      readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
      readonly wanted: readonly boolean[];
    },
  ): string[];
  /** A constant, stored once however often it is asked for. */
  constant(dtype: DType, values: ArrayLike<number> | TypedArray, shape: Shape): string;
  /** Whether some node or graph output reads output `index` of the node being emitted. */
  isUsed(index: number): boolean;
}

/**
 * Everything about one op, in one place. Op types of ONNX Runtime's own domain are written with
 * their prefix, `com.microsoft.FusedMatMul`.
 */
export interface OpRule<A extends Attributes = Attributes> {
  readonly name: string;
  /** Types of the outputs. @throws {ShapeError} when the inputs do not fit. */
  infer(inputs: readonly Tensor[], attributes: A): readonly TensorType[];
  /** Writes the ONNX nodes and returns the names of the outputs. */
  emit(emitter: Emitter, inputs: readonly string[], node: NodeOf<A>): readonly string[];
  /**
   * Gradients with respect to the inputs, given those of the outputs; undefined where none flows.
   * An op without it stops gradients.
   */
  grad?(
    node: NodeOf<A>,
    outputGradients: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
  /** `sum + node's output` computed by one op, where the op can: gradient accumulation. */
  accumulate?(node: NodeOf<A>, sum: Tensor): Tensor;
}

/** A node whose attributes are known. */
export type NodeOf<A extends Attributes> = Node & { readonly attributes: A };

let nextId = 0;

/**
 * Applies an op that has several outputs.
 *
 * @throws {ShapeError} when the inputs do not fit the op
 */
export function applyAll<A extends Attributes>(
  rule: OpRule<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { id: nextId++, rule: rule as OpRule, inputs, attributes, outputs };
  rule.infer(inputs, attributes).forEach((type, index) => {
    outputs.push({ node, index, ...type });
  });
  return outputs;
}

/**
 * Applies an op and returns its first output.
 *
 * @throws {ShapeError} when the inputs do not fit the op
 */
export function apply<A extends Attributes>(
  rule: OpRule<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  return applyAll(rule, inputs, attributes)[0]!;
}

/** A value given at each run, by name. */
export const inputRule: OpRule<{ name: string; dtype: DType; shape: Shape }> = {
  name: "input",
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
  emit: (_emitter, _inputs, node) => [node.attributes.name],
};

/** A value given once, when the graph is loaded. */
export const fixedInputRule: OpRule<{ name: string; dtype: DType; shape: Shape }> = {
  name: "fixedInput",
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
  emit: (_emitter, _inputs, node) => [node.attributes.name],
};

/** A value fixed when the graph is made. */
export const constantRule: OpRule<{ dtype: DType; shape: Shape; values: TypedArray }> = {
  name: "constant",
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
  emit: (emitter, _inputs, { attributes }) => [
    emitter.constant(attributes.dtype, attributes.values, attributes.shape),
  ],
};

/** A value that the caller gives at each run under this name. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(inputRule, [], { name, dtype, shape });
}

/** A value that the caller gives under this name when the graph is loaded, as `Runtime.fix` says. */
export function fixedInput(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(fixedInputRule, [], { name, dtype, shape });
}

/**
 * A value fixed in the graph.
 *
 * @param values - row-major; plain numbers are cast to `dtype` (float32 unless given)
 * @throws {ShapeError} when the number of values is not the shape's
 */
export function constant(
  values: ArrayLike<number> | TypedArray,
  shape: Shape,
  dtype: DType = "float32",
): Tensor {
  if (values.length !== elementCount(shape)) {
    throw new ShapeError(
      `constant: expected ${elementCount(shape)} values for [${shape}], got ${values.length}`,
    );
  }
  const array = isArrayOf(dtype, values) ? values : castArray(dtype, values as ArrayLike<number>);
  return apply(constantRule, [], { dtype, shape, values: array });
}

/** A constant scalar, shape []. */
export function scalar(value: number, dtype: DType = "float32"): Tensor {
  return constant([value], [], dtype);
}

/** Shape and type for messages: `float32[2, 3]`. */
export function describe({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join(", ")}]`;
}

/**
 * Checks the number of axes.
 *
 * @throws {ShapeError} naming the op
 */
export function expectRank(op: string, tensor: Tensor, rank: number): void {
  if (tensor.shape.length !== rank) {
    throw new ShapeError(`${op}: expected ${rank} axes, got ${describe(tensor)}`);
  }
}

/**
 * An axis counted from the front; -1 is the last one.
 *
 * @throws {ShapeError} when there is no such axis
 */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(`${op}: expected an axis between ${-rank} and ${rank - 1}, got ${axis}`);
  }
  return resolved;
}
