import { RuntimeError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import type { Buffer } from "./session.ts";

/** What a graph says of one of its inputs or outputs. */
export interface TensorInfo {
  readonly name: string;
  /** Undefined for a type that buffers do not carry. */
  readonly dtype: DType | undefined;
  /** A size is undefined when the graph leaves it open; the whole, when the rank is open. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

/** A graph's inputs and outputs. */
export interface Signature {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

type Buffers = Readonly<Record<string, Buffer>>;

/**
 * Checks buffers against a graph: every input must be there, at least one output, no unknown name,
 * and types and shapes must fit.
 *
 * @throws {RuntimeError} naming the input or output, what was expected and what came
 */
export function checkBindings(signature: Signature, inputs: Buffers, outputs: Buffers): void {
  for (const { name } of signature.inputs) {
    if (inputs[name] === undefined) {
      throw new RuntimeError(`bind: the input "${name}" is missing, got ${listed(inputs)}`);
    }
  }
  if (Object.keys(outputs).length === 0) {
    throw new RuntimeError("bind: expected at least one output, got none");
  }
  checkEach("input", signature.inputs, inputs);
  checkEach("output", signature.outputs, outputs);
}

function checkEach(side: "input" | "output", infos: readonly TensorInfo[], buffers: Buffers): void {
  for (const [name, buffer] of Object.entries(buffers)) {
    const info = infos.find((candidate) => candidate.name === name);
    if (info === undefined) {
      const known = infos.map((candidate) => `"${candidate.name}"`).join(", ") || "none";
      throw new RuntimeError(`bind: the graph has no ${side} "${name}"; its ${side}s are ${known}`);
    }
    if (info.dtype !== buffer.dtype || !fits(info.shape, buffer.shape)) {
      const expected = `${info.dtype ?? "another type"} ${written(info.shape)}`;
      throw new RuntimeError(
        `bind: ${side} "${name}": expected ${expected}, got ${buffer.dtype} ${written(buffer.shape)}`,
      );
    }
  }
}

function fits(expected: TensorInfo["shape"], shape: readonly number[]): boolean {
  if (expected === undefined) return true;
  if (expected.length !== shape.length) return false;
  return expected.every((size, axis) => size === undefined || size === shape[axis]);
}

function written(shape: TensorInfo["shape"]): string {
  return shape === undefined ? "[...]" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

function listed(buffers: Buffers): string {
  const names = Object.keys(buffers).map((name) => `"${name}"`);
  return names.length === 0 ? "none" : names.join(", ");
}
