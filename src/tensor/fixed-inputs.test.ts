import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add } from "./elementwise.ts";
import { linear } from "./products.ts";
import { loadProgram } from "./program.ts";
import { dequantise } from "./quantised.ts";
import { openRuntime } from "./runtime.ts";
import type { Buffer, FixedInputs, Runtime } from "./session.ts";
import { fixedInput, input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const width = 64;
const out = 32;
const names = (matrix: string) => [`${matrix}.blocks`, `${matrix}.scales`] as const;
const matrixOf = (matrix: string) => {
  const [blocks, scales] = names(matrix);
  return dequantise(
    {
      blocks: fixedInput(blocks, "uint8", [out, width / 32, 16]),
      scales: fixedInput(scales, "float32", [out, width / 32]),
    },
    4,
  );
};

/** The same numbers in every matrix, each with a scale of its own. */
async function fix(scales: Readonly<Record<string, number>>): Promise<FixedInputs> {
  const buffers: Record<string, Buffer> = {};
  for (const [matrix, scale] of Object.entries(scales)) {
    const [blockName, scaleName] = names(matrix);
    buffers[blockName] = runtime.allocate("uint8", [out, width / 32, 16]);
    await buffers[blockName].write(new Uint8Array((out * width) / 2).fill(0x99));
    buffers[scaleName] = runtime.allocate("float32", [out, width / 32]);
    await buffers[scaleName].write(new Float32Array((out * width) / 32).fill(scale));
  }
  return runtime.fix(buffers);
}

/** The first output of a program of `rows` rows of ones. */
async function run(rows: number, fixed: FixedInputs, matrices: readonly string[] = ["a", "b"]) {
  const x = input("x", "float32", [rows, width]);
  const products = matrices.map((matrix) => linear(x, matrixOf(matrix)));
  const outputs = Object.fromEntries(products.map((y, i) => [matrices[i]!, y]));
  const session = await loadProgram(runtime, outputs, fixed);
  const fed = runtime.allocate("float32", [rows, width]);
  await fed.write(new Float32Array(rows * width).fill(1));
  const results = Object.fromEntries(
    matrices.map((matrix) => [matrix, runtime.allocate("float32", [rows, out])]),
  );
  const binding = session.bind({ x: fed }, results);
  await binding.run();
  binding.release();
  return matrices.map((matrix) => (results[matrix]!.data as Float32Array).at(-1));
}

describe("fixed inputs", () => {
  test("are the constants of several graphs, which may read some of them", async () => {
    const fixed = await fix({ a: 1, b: 0.5 });
    expect(await run(1, fixed, ["a"])).toEqual([64]);
    expect(await run(1, fixed)).toEqual([64, 32]);
    expect(await run(4, fixed)).toEqual([64, 32]);
    fixed.release();
  });

  test("of two models do not mix, though their programs are equal", async () => {
    const first = await fix({ a: 1, b: 0.5 });
    const second = await fix({ a: 2, b: 3 });
    expect(await run(2, first)).toEqual([64, 32]);
    expect(await run(2, second)).toEqual([128, 192]);
    expect(await run(2, first)).toEqual([64, 32]);
    first.release();
    expect(await run(2, second)).toEqual([128, 192]);
    second.release();
  });

  test("free their graphs, and are then refused", async () => {
    const fixed = await fix({ a: 1 });
    const x = input("x", "float32", [1, width]);
    const session = await loadProgram(
      runtime,
      { y: add(x, x), z: linear(x, matrixOf("a")) },
      fixed,
    );
    fixed.release();
    expect(() => session.bind({}, {})).toThrow("bind: the session was released");
    await expect(run(1, fixed, ["a"])).rejects.toThrow("load: the fixed inputs were released");
  });

  test("that are missing are named; the web runtime has none", async () => {
    const fixed = await fix({ a: 1 });
    await expect(run(1, fixed)).rejects.toThrow(
      'load: the program\'s fixed input "b.blocks" is missing',
    );
    fixed.release();
    const web = await openRuntime({ kind: "web" });
    expect(() => web.fix({})).toThrow('fix: fixed inputs need the runtime of kind "native"');
    web.release();
  });
});
