import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RuntimeError, ShapeError } from "../errors.ts";
import { addModel, filled, model, node, productModel, targets, value } from "./_runtime-fixture.ts";
import { castArray, type DType, dtypes } from "./dtype.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";

describe.each(targets)("the runtime $kind on $device", ({ kind, device }) => {
  const isHost = device === "cpu";
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ kind, device });
  });
  afterAll(() => runtime?.release());

  test("says what it is", () => {
    expect(runtime.kind).toBe(kind);
    expect(runtime.device).toBe(device);
    expect(runtime.version).toMatch(/^1\.\d+\.\d+$/);
    expect(runtime.threads).toBeGreaterThanOrEqual(1);
  });

  test("multiplies matrices", async () => {
    const shape = [value("a", [2, 3]), value("b", [3, 2])];
    const session = await runtime.load(
      model([node("MatMul", ["a", "b"], "product")], shape, [value("product", [2, 2])]),
    );
    expect(session.inputNames).toEqual(["a", "b"]);
    expect(session.outputNames).toEqual(["product"]);
    const a = runtime.allocate("float32", [2, 3]);
    const b = runtime.allocate("float32", [3, 2]);
    const product = runtime.allocate("float32", [2, 2]);
    await a.write(Float32Array.of(1, 2, 3, 4, 5, 6));
    await b.write(Float32Array.of(1, 0, 0, 1, 1, 1));
    await session.bind({ a, b }, { product }).run();
    expect(await product.read()).toEqual(Float32Array.of(4, 5, 10, 11));
  });

  test("allocates zeros", async () => {
    expect(await runtime.allocate("int32", [2, 2]).read()).toEqual(new Int32Array(4));
    if (isHost)
      expect(await runtime.allocate("float32", [0, 3]).read()).toEqual(new Float32Array(0));
    expect(await runtime.allocate("float32", []).read()).toEqual(new Float32Array(1));
  });

  test("updates state in place", async () => {
    const session = await runtime.load(addModel([4]));
    const state = runtime.allocate("float32", [4]);
    const step = runtime.allocate("float32", [4]);
    await step.write(Float32Array.of(1, 2, 3, 4));
    const binding = session.bind({ a: state, b: step }, { sum: state });
    for (let run = 0; run < 5; run++) await binding.run();
    expect(await state.read()).toEqual(Float32Array.of(5, 10, 15, 20));
    expect(state.data).toEqual(isHost ? Float32Array.of(5, 10, 15, 20) : undefined);
  });

  test("reads what is written between two runs", async () => {
    const session = await runtime.load(addModel([2]));
    const [a, b, sum] = [1, 2, 3].map(() => runtime.allocate("float32", [2]));
    const binding = session.bind({ a: a!, b: b! }, { sum: sum! });
    await binding.run();
    expect(await sum!.read()).toEqual(Float32Array.of(0, 0));
    await a!.write(Float32Array.of(1, 2));
    if (isHost) b!.data![1] = 5;
    else await b!.write(Float32Array.of(0, 5));
    await binding.run();
    expect(await sum!.read()).toEqual(Float32Array.of(1, 7));
  });

  // No accelerator has a kernel for Hardmax.
  test("reads what was written after binding where the CPU runs a node", async () => {
    const shape = [1, 2];
    const session = await runtime.load(
      model([node("Hardmax", ["x"], "largest")], [value("x", shape)], [value("largest", shape)]),
    );
    const x = runtime.allocate("float32", shape);
    const largest = runtime.allocate("float32", shape);
    const binding = session.bind({ x }, { largest });
    for (const values of [Float32Array.of(1, 3), Float32Array.of(3, 1), Float32Array.of(1, 3)]) {
      await x.write(values);
      await binding.run();
      expect(await largest.read()).toEqual(values.map((number) => Number(number === 3)));
    }
  });

  test("binds views of one flat buffer", async ({ skip }) => {
    skip(device === "webgpu", "needs a GPU that binds parts of an allocation");
    const session = await runtime.load(addModel([2, 2]));
    const flat = runtime.allocate("float32", [12]);
    await flat.write(Float32Array.from({ length: 12 }, (_, index) => index));
    const [a, b] = [flat.view([2, 2]), flat.view([2, 2], 4)];
    const sum = flat.view([4, 2], 4).view([2, 2], 4);
    expect(sum.shape).toEqual([2, 2]);
    await session.bind({ a, b }, { sum }).run();
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 4, 6, 8, 10];
    expect(await flat.read()).toEqual(Float32Array.from(expected));
    await b.write(Float32Array.of(9, 9, 9, 9));
    expect((await flat.read())[5]).toBe(9);
  });

  test("refuses a view past the end", () => {
    const flat = runtime.allocate("float32", [6]);
    expect(() => flat.view([2, 2], 3)).toThrow(
      new ShapeError(
        "view: expected [2, 2] at 3 to lie within the 6 elements of [6], it would end at 7",
      ),
    );
    expect(() => flat.view([2], -1)).toThrow(ShapeError);
    expect(() => flat.view([1.5])).toThrow("non-negative integers, got [1.5]");
  });

  test.each(["float32", "int32", "int64"] as const)("adds %s", async (dtype) => {
    const session = await runtime.load(addModel([3], dtype));
    const [a, b, sum] = [1, 2, 3].map(() => runtime.allocate(dtype, [3]));
    await a!.write(castArray(dtype, [1, -2, 3]));
    await b!.write(castArray(dtype, [10, 20, 30]));
    await session.bind({ a: a!, b: b! }, { sum: sum! }).run();
    expect(await sum!.read()).toEqual(castArray(dtype, [11, 18, 33]));
  });

  // Not every accelerator computes in float16.
  const castTypes = (Object.keys(dtypes) as DType[]).filter((name) => isHost || name !== "float16");
  test.each(castTypes)("casts float32 to %s", async (dtype) => {
    const cast = { ...node("Cast", ["a"], "b"), attributes: { to: dtypes[dtype].onnx } };
    const session = await runtime.load(model([cast], [value("a", [3])], [value("b", [3], dtype)]));
    const a = runtime.allocate("float32", [3]);
    const b = runtime.allocate(dtype, [3]);
    await a.write(Float32Array.of(0, 1, 7));
    await session.bind({ a }, { b }).run();
    expect(await b.read()).toEqual(castArray(dtype, [0, 1, 7]));
  });

  test("compares into bool", async () => {
    const inputs = [value("a", [3], "int64"), value("b", [3], "int64")];
    const session = await runtime.load(
      model([node("Less", ["a", "b"], "isLess")], inputs, [value("isLess", [3], "bool")]),
    );
    const a = runtime.allocate("int64", [3]);
    const b = runtime.allocate("int64", [3]);
    const isLess = runtime.allocate("bool", [3]);
    await a.write(BigInt64Array.of(1n, 2n, 2n ** 40n));
    await b.write(BigInt64Array.of(2n, 2n, 2n ** 41n));
    await session.bind({ a, b }, { isLess }).run();
    expect(await isLess.read()).toEqual(Uint8Array.of(1, 0, 1));
  });

  test("runs two sessions at once", async () => {
    const [first, second] = await Promise.all([
      runtime.load(addModel([4])),
      runtime.load(productModel(64)),
    ]);
    const [a, b, sum] = [
      await filled(runtime, [4], 1),
      await filled(runtime, [4], 0),
      await filled(runtime, [4], 9),
    ];
    const left = await filled(runtime, [64, 64], 1);
    const right = await filled(runtime, [64, 64], 2);
    const product = await filled(runtime, [64, 64], 0);
    const adds = first.bind({ a, b }, { sum });
    const products = second.bind({ a: left, b: right }, { product });
    for (let run = 0; run < 20; run++) await Promise.all([adds.run(), products.run()]);
    expect(await sum.read()).toEqual(new Float32Array(4).fill(1));
    expect(await product.read()).toEqual(new Float32Array(64 * 64).fill(128));
  });
});

describe("openRuntime", () => {
  test("lists what there is when a device is missing", async () => {
    const absent = process.platform === "win32" ? "coreml" : "dml";
    const opened = openRuntime({ device: absent });
    await expect(opened).rejects.toThrow(RuntimeError);
    await expect(opened).rejects.toThrow(
      new RegExp(`device "${absent}" cannot be used.*It needs .*was built for: .*cpu`),
    );
    await expect(openRuntime({ kind: "web", device: "cuda" })).rejects.toThrow(
      'the device "cuda" cannot be used by the runtime of kind "web"; here it has cpu',
    );
  });

  test("fixes the number of threads for the process", async () => {
    const { threads } = await openRuntime();
    await expect(openRuntime({ threads })).resolves.toBeDefined();
    await expect(openRuntime({ threads: threads + 1 })).rejects.toThrow(
      `already runs with ${threads} threads, got ${threads + 1}`,
    );
    await expect(openRuntime({ threads: 0 })).rejects.toThrow("positive integer, got 0");
  });

  test("refuses a buffer of another runtime", async () => {
    const native = await openRuntime({ kind: "native" });
    const web = await openRuntime({ kind: "web" });
    const session = await native.load(addModel([1]));
    const own = native.allocate("float32", [1]);
    const foreign = web.allocate("float32", [1]);
    expect(() => session.bind({ a: own, b: foreign }, { sum: own })).toThrow(
      '"b" is a buffer of another runtime',
    );
  });
});
