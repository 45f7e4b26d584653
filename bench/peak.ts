/** The matrix-product peak of the runtime that is in use, to which training speed is compared. */

import { matmul } from "../src/tensor/products.ts";
import { loadProgram } from "../src/tensor/program.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { input } from "../src/tensor/tensor.ts";
import { summarise } from "./harness.ts";

/** [m, k, n]; the square ones are the usual yardstick, the long one is an MLP's of 6/384/256/16. */
const sizes = [
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [4096, 384, 1024],
] as const;

/**
 * The best rate over a few large float32 products, each by the median of its runs.
 *
 * @returns GFLOP/s (2*m*k*n operations for a product)
 */
export async function matrixProductPeak(runtime: Runtime): Promise<number> {
  let peak = 0;
  for (const size of sizes) peak = Math.max(peak, await productRate(runtime, size));
  return peak;
}

async function productRate(runtime: Runtime, [m, k, n]: (typeof sizes)[number]): Promise<number> {
  const product = matmul(input("a", "float32", [m, k]), input("b", "float32", [k, n]));
  const session = await loadProgram(runtime, { product });
  const a = runtime.allocate("float32", [m, k]);
  const b = runtime.allocate("float32", [k, n]);
  const out = runtime.allocate("float32", [m, n]);
  await a.write(new Float32Array(m * k).fill(0.5));
  await b.write(new Float32Array(k * n).fill(0.25));
  const binding = session.bind({ a, b }, { product: out });
  const seconds: number[] = [];
  for (let run = 0; run < 7; run++) {
    const start = performance.now();
    await binding.run();
    if (run >= 2) seconds.push((performance.now() - start) / 1000);
  }
  const [first] = (await out.read()) as Float32Array;
  if (first !== k / 8) throw new Error(`matrix-product peak: expected ${k / 8}, got ${first}`);
  binding.release();
  for (const buffer of [a, b, out]) buffer.release();
  return (2 * m * k * n) / summarise(seconds).median / 1e9;
}
