import { type DType, dtypes, type TypedArray } from "../dtype.ts";
import { ProtobufWriter } from "./protobuf.ts";

/** The value of a node's attribute; a number is written as an integer unless wrapped by `float`. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

/** One operator of a graph, its values referred to by name; an empty name is an absent value. */
export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A named value with its element type and static shape. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A constant stored in the model. */
export interface OnnxInitializer extends OnnxValue {
  readonly values: TypedArray;
}

/** What `encodeModel` writes. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  /** Constants whose values are handed over when the model is loaded. */
  readonly fixed: readonly OnnxValue[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const irVersion = 10; // the first that knows operator set 21; read by ONNX Runtime 1.18 and later
const operatorSet = 21;

/**
 * Writes a graph as an ONNX `ModelProto`.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers
 */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const body = new ProtobufWriter();
  for (const node of graph.nodes) body.bytes(1, encodeNode(node));
  body.bytes(2, "foretoken");
  for (const initializer of graph.initializers) body.bytes(5, encodeInitializer(initializer));
  for (const value of graph.fixed) body.bytes(5, encodeFixed(value));
  for (const value of graph.inputs) body.bytes(11, encodeValue(value));
  for (const value of graph.outputs) body.bytes(12, encodeValue(value));

  const model = new ProtobufWriter();
  model.integer(1, irVersion);
  model.bytes(2, "foretoken");
  model.bytes(7, body);
  model.bytes(8, encodeOperatorSet("", operatorSet));
  model.bytes(8, encodeOperatorSet("com.microsoft", 1));
  return model.finish();
}

function encodeOperatorSet(domain: string, version: number): ProtobufWriter {
  const message = new ProtobufWriter();
  message.bytes(1, domain);
  message.integer(2, version);
  return message;
}

function encodeNode(node: OnnxNode): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const name of node.inputs) message.bytes(1, name);
  for (const name of node.outputs) message.bytes(2, name);
  message.bytes(3, node.outputs.find((name) => name !== "") ?? node.opType);
  message.bytes(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    message.bytes(5, encodeAttribute(name, value));
  }
  message.bytes(7, node.domain);
  return message;
}

function encodeAttribute(name: string, value: OnnxAttribute): ProtobufWriter {
  const message = new ProtobufWriter();
  message.bytes(1, name);
  if (typeof value === "number") {
    message.integer(3, value);
    message.integer(20, 2);
  } else if (typeof value === "string") {
    message.bytes(4, value);
    message.integer(20, 3);
  } else if ("float" in value) {
    message.float(2, value.float);
    message.integer(20, 1);
  } else if ("floats" in value) {
    for (const item of value.floats) message.float(7, item);
    message.integer(20, 6);
  } else {
    for (const item of value) message.integer(8, item);
    message.integer(20, 7);
  }
  return message;
}

function encodeInitializer(initializer: OnnxInitializer): ProtobufWriter {
  const { values } = initializer;
  const message = new ProtobufWriter();
  for (const size of initializer.shape) message.integer(1, size);
  message.integer(2, dtypes[initializer.dtype].onnx);
  message.bytes(8, initializer.name);
  message.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return message;
}

/**
 * A constant without values. It has to name a place that exists, which is never read: ONNX Runtime
 * takes the values that were added to the session's options.
 */
function encodeFixed(value: OnnxValue): ProtobufWriter {
  const place = new ProtobufWriter();
  place.bytes(1, "location");
  place.bytes(2, ".");
  const message = new ProtobufWriter();
  for (const size of value.shape) message.integer(1, size);
  message.integer(2, dtypes[value.dtype].onnx);
  message.bytes(8, value.name);
  message.bytes(13, place);
  message.integer(14, 1);
  return message;
}

function encodeValue(value: OnnxValue): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const size of value.shape) {
    const dimension = new ProtobufWriter();
    dimension.integer(1, size);
    shape.bytes(1, dimension);
  }
  const tensorType = new ProtobufWriter();
  tensorType.integer(1, dtypes[value.dtype].onnx);
  tensorType.bytes(2, shape);
  const type = new ProtobufWriter();
  type.bytes(1, tensorType);
  const message = new ProtobufWriter();
  message.bytes(1, value.name);
  message.bytes(2, type);
  return message;
}
