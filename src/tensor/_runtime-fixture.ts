import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type DType, elementCount } from "./dtype.ts";
import { encodeModel, type OnnxNode, type OnnxValue } from "./onnx/model.ts";
import type { Buffer, DeviceName, Runtime } from "./session.ts";

/** A named tensor of a graph, float32 by default. */
export function value(name: string, shape: readonly number[], dtype: DType = "float32"): OnnxValue {
  return { name, dtype, shape };
}

/** A standard operator without attributes. */
export function node(opType: string, inputs: readonly string[], output: string): OnnxNode {
  return { opType, domain: "", inputs, outputs: [output], attributes: {} };
}

/** Bytes of a graph without constants. */
export function model(
  nodes: readonly OnnxNode[],
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
): Uint8Array {
  return encodeModel({ nodes, initializers: [], fixed: [], inputs, outputs });
}

/** sum = a + b */
export function addModel(shape: readonly number[], dtype: DType = "float32"): Uint8Array {
  const inputs = [value("a", shape, dtype), value("b", shape, dtype)];
  return model([node("Add", ["a", "b"], "sum")], inputs, [value("sum", shape, dtype)]);
}

/** product = a b, square */
export function productModel(size: number): Uint8Array {
  const shape = [size, size];
  const inputs = [value("a", shape), value("b", shape)];
  return model([node("MatMul", ["a", "b"], "product")], inputs, [value("product", shape)]);
}

/** A runtime that the conformance suite holds to its contract. */
export interface Target {
  readonly kind: "native" | "web";
  readonly device: DeviceName;
}

/** Accelerators to test beside the CPU, by `FORETOKEN_TEST_DEVICES=webgpu,cuda`. */
const accelerators = (process.env["FORETOKEN_TEST_DEVICES"] ?? "").split(",").filter(Boolean);

/** Every runtime to test. */
export const targets: readonly Target[] = [
  { kind: "native", device: "cpu" },
  { kind: "web", device: "cpu" },
  ...accelerators.map((device) => ({ kind: "native" as const, device: device as DeviceName })),
];

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** A buffer that holds one value everywhere. */
export async function filled(
  runtime: Runtime,
  shape: readonly number[],
  number: number,
): Promise<Buffer> {
  const buffer = runtime.allocate("float32", shape);
  await buffer.write(new Float32Array(elementCount(shape)).fill(number));
  return buffer;
}

/**
 * The least growth of resident memory over four phases: a leak grows in every phase, warming up only
 * in the first.
 *
 * @returns bytes
 */
export async function leastGrowth(phase: () => Promise<void>): Promise<number> {
  const growth: number[] = [];
  for (let count = 0; count < 4; count++) {
    collectGarbage();
    const before = process.memoryUsage.rss();
    await phase();
    collectGarbage();
    growth.push(process.memoryUsage.rss() - before);
  }
  return Math.min(...growth);
}
