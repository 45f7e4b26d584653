import { matmul } from "./products.ts";
import { loadProgram } from "./program.ts";
import type { Runtime } from "./session.ts";
import { input } from "./tensor.ts";

const size = 1024;
const runs = 8;

const peaks = new WeakMap<Runtime, Promise<number>>();

/**
 * The rate of a large float32 matrix product (1024 cubed), the best of eight: what training speed
 * is compared to. Measured once for each runtime, in a fraction of a second.
 *
 * @returns floating-point operations per second
 */
export function matrixProductPeak(runtime: Runtime): Promise<number> {
  const known = peaks.get(runtime) ?? measure(runtime);
  peaks.set(runtime, known);
  return known;
}

async function measure(runtime: Runtime): Promise<number> {
  const shape = [size, size];
  const product = matmul(input("a", "float32", shape), input("b", "float32", shape));
  const session = await loadProgram(runtime, { product });
  const buffers = ["a", "b", "product"].map(() => runtime.allocate("float32", shape));
  const [a, b, out] = buffers;
  // memory that was never written is one page of zeros, whose rows collide in the cache: 2.5 times slower
  for (const operand of [a!, b!]) await operand.write(new Float32Array(size ** 2).fill(0.5));
  const binding = session.bind({ a: a!, b: b! }, { product: out! });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await binding.run();
    best = Math.min(best, performance.now() - start);
  }
  binding.release();
  for (const buffer of buffers) buffer.release();
  return (2 * size ** 3) / (best / 1000);
}
