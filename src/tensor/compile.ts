import { ShapeError } from "../errors.ts";
import { castArray, type DType, isArrayOf, type TypedArray } from "./dtype.ts";
import {
  encodeModel,
  type OnnxAttribute,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from "./onnx/model.ts";
import type { DeviceName } from "./session.ts";
import {
  type Emitter,
  fixedInputRule,
  inputRule,
  type Node,
  type Shape,
  type Tensor,
} from "./tensor.ts";

/** Values that a compiled graph gives, by name; no name may be an input's. */
export type Outputs = Readonly<Record<string, Tensor>>;

/**
 * Compiles everything that the outputs depend on into one ONNX model. Equal programs give equal
 * bytes.
 *
 * @param device - where the model will run: what its kernels get wrong is written another way
 * @returns the model, the inputs that it reads and those that are given when it is loaded, in the
 *   order of their creation
 * @throws {ShapeError} when two inputs, or an input and an output, share a name
 */
export function compile(
  outputs: Outputs,
  device: DeviceName = "cpu",
): { model: Uint8Array; inputs: readonly Tensor[]; fixed: readonly Tensor[] } {
  const nodes = reachableNodes(Object.values(outputs));
  const used = usedOutputs(nodes, Object.values(outputs));
  const writer = new GraphWriter(device, used);
  for (const node of nodes) writer.write(node);
  const madeBy = (rule: string) =>
    nodes.filter((node) => node.rule.name === rule).map((node) => node.outputs[0]!);
  const inputs = madeBy(inputRule.name);
  const fixed = madeBy(fixedInputRule.name);
  const all = [...[...inputs, ...fixed].map(nameOf), ...Object.keys(outputs)];
  const repeated = all.find((name, index) => all.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new ShapeError(
      `compile: expected inputs and outputs with different names, got "${repeated}" twice`,
    );
  }
  const model = encodeModel({
    nodes: writer.finish(outputs),
    initializers: writer.initializers,
    fixed: fixed.map(namedValue),
    inputs: inputs.map(namedValue),
    outputs: Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  });
  return { model, inputs, fixed };
}

function nameOf({ node }: Tensor): string {
  return String(node.attributes["name"]);
}

function namedValue(tensor: Tensor): OnnxValue {
  return { name: nameOf(tensor), dtype: tensor.dtype, shape: tensor.shape };
}

function reachableNodes(outputs: readonly Tensor[]): Node[] {
  const reached = new Set<Node>(outputs.map(({ node }) => node));
  for (const node of reached) for (const { node: source } of node.inputs) reached.add(source);
  return [...reached].sort((a, b) => a.id - b.id);
}

function usedOutputs(nodes: readonly Node[], outputs: readonly Tensor[]): Map<Node, Set<number>> {
  const used = new Map<Node, Set<number>>(nodes.map((node) => [node, new Set<number>()]));
  for (const { node, index } of outputs) used.get(node)!.add(index);
  for (const node of nodes) {
    for (const { node: source, index } of node.inputs) used.get(source)!.add(index);
  }
  return used;
}

class GraphWriter implements Emitter {
  readonly device: DeviceName;
  readonly initializers: OnnxInitializer[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #names = new Map<Node, readonly string[]>();
  readonly #constants = new Map<string, string>();
  readonly #used: Map<Node, Set<number>>;
  #current: Node | undefined;
  #values = 0;

  constructor(device: DeviceName, used: Map<Node, Set<number>>) {
    this.device = device;
    this.#used = used;
  }

  write(node: Node): void {
    this.#current = node;
    const inputs = node.inputs.map((tensor) => this.#name(tensor));
    this.#names.set(node, node.rule.emit(this, inputs, node));
  }

  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.outputs(opType, inputs, { attributes, wanted: [true] })[0]!;
  }

  outputs(
    opType: string,
    inputs: readonly string[],
    options: {
      readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
      readonly wanted: readonly boolean[];
    },
  ): string[] {
    const dot = opType.lastIndexOf(".");
    const outputs = options.wanted.map((isWanted) => (isWanted ? `#t${this.#values++}` : ""));
    this.#nodes.push({
      opType: opType.slice(dot + 1),
      domain: opType.slice(0, Math.max(dot, 0)),
      inputs,
      outputs,
      attributes: options.attributes ?? {},
    });
    return outputs;
  }

  isUsed(index: number): boolean {
    return this.#used.get(this.#current!)!.has(index);
  }

  constant(dtype: DType, values: ArrayLike<number> | TypedArray, shape: Shape): string {
    const array = isArrayOf(dtype, values) ? values : castArray(dtype, values as ArrayLike<number>);
    const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    const key = `${dtype}[${shape}]${bytes.toString("latin1")}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `#c${this.initializers.length}`;
    this.initializers.push({ name, dtype, shape, values: array });
    this.#constants.set(key, name);
    return name;
  }

  /** The nodes with the graph's outputs named; a value that already has a fixed name is copied. */
  finish(outputs: Outputs): OnnxNode[] {
    const renamed = new Map<string, string>();
    const copies: OnnxNode[] = [];
    const computed = new Set(this.#nodes.flatMap((node) => node.outputs));
    for (const [name, tensor] of Object.entries(outputs)) {
      const value = this.#name(tensor);
      if (computed.has(value) && !renamed.has(value)) renamed.set(value, name);
      else copies.push(identity(renamed.get(value) ?? value, name));
    }
    const rename = (value: string): string => renamed.get(value) ?? value;
    const nodes = this.#nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    return [...nodes, ...copies];
  }

  #name({ node, index }: Tensor): string {
    return this.#names.get(node)![index]!;
  }
}

function identity(value: string, name: string): OnnxNode {
  return { opType: "Identity", domain: "", inputs: [value], outputs: [name], attributes: {} };
}
