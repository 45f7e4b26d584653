import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RuntimeError, ShapeError } from "../errors.ts";
import {
  addModel,
  filled,
  leastGrowth,
  model,
  node,
  productModel,
  targets,
  value,
} from "./_runtime-fixture.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";

describe.each(targets)("the runtime $kind on $device", ({ kind, device }) => {
  const isHost = device === "cpu";
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ kind, device });
  });
  afterAll(() => runtime?.release());

  test("refuses what does not fit the graph", async () => {
    const session = await runtime.load(addModel([2, 3]));
    const fits = runtime.allocate("float32", [2, 3]);
    const flat = runtime.allocate("float32", [6]);
    const int = runtime.allocate("int32", [2, 3]);
    const bind = (a: typeof fits, sum = fits) => session.bind({ a, b: fits }, { sum });
    expect(() => bind(flat)).toThrow('input "a": expected float32 [2, 3], got float32 [6]');
    expect(() => bind(int)).toThrow('input "a": expected float32 [2, 3], got int32 [2, 3]');
    expect(() => bind(fits, flat)).toThrow(RuntimeError);
    expect(() => session.bind({ a: fits }, { sum: fits })).toThrow(
      'the input "b" is missing, got "a"',
    );
    expect(() => session.bind({ a: fits, b: fits, c: fits }, { sum: fits })).toThrow(
      'the graph has no input "c"; its inputs are "a", "b"',
    );
    expect(() => session.bind({ a: fits, b: fits }, { total: fits })).toThrow(
      'the graph has no output "total"; its outputs are "sum"',
    );
    expect(() => session.bind({ a: fits, b: fits }, {})).toThrow("at least one output");
  });

  test("refuses values that do not fit a buffer", async () => {
    const buffer = runtime.allocate("float32", [2, 3]);
    await expect(buffer.write(new Float32Array(5))).rejects.toThrow(
      "write: expected 6 values of float32 for [2, 3], got 5 in a Float32Array",
    );
    await expect(buffer.write(new Int32Array(6))).rejects.toThrow(ShapeError);
    expect(() => runtime.allocate("float32", [2, -1])).toThrow(ShapeError);
  });

  test("refuses bytes that are no model", async () => {
    const garbage = Uint8Array.of(8, 1, 2, 3, 4, 5, 6, 7);
    await expect(runtime.load(garbage)).rejects.toThrow(RuntimeError);
    await expect(runtime.load(garbage)).rejects.toThrow(
      "load: expected the bytes of an ONNX model",
    );
  });

  test("refuses an operator that does not exist", async () => {
    const unknown = model([node("NoSuchOp", ["a"], "b")], [value("a", [1])], [value("b", [1])]);
    await expect(runtime.load(unknown)).rejects.toThrow("NoSuchOp");
  });

  test("reports a run that fails", async ({ skip }) => {
    skip(!isHost, "needs a GPU that checks indices");
    const inputs = [value("a", [2]), value("index", [1], "int64")];
    const session = await runtime.load(
      model([node("Gather", ["a", "index"], "picked")], inputs, [value("picked", [1])]),
    );
    const a = runtime.allocate("float32", [2]);
    const index = runtime.allocate("int64", [1]);
    const picked = runtime.allocate("float32", [1]);
    const binding = session.bind({ a, index }, { picked });
    await index.write(BigInt64Array.of(9n));
    await expect(binding.run()).rejects.toThrow(RuntimeError);
    await index.write(BigInt64Array.of(1n));
    await a.write(Float32Array.of(3, 4));
    await binding.run();
    expect(await picked.read()).toEqual(Float32Array.of(4));
  });

  test("releases twice without harm and refuses use afterwards", async () => {
    const own = await openRuntime({ kind, device });
    const session = await own.load(addModel([2]));
    const [a, b, sum] = [1, 2, 3].map(() => own.allocate("float32", [2]));
    const binding = session.bind({ a: a!, b: b! }, { sum: sum! });
    const view = a!.view([1]);
    view.release();
    view.release();
    expect(() => view.view([1])).toThrow("was released");
    a!.release();
    a!.release();
    await expect(a!.read()).rejects.toThrow("was released");
    expect(() => session.bind({ a: a!, b: b! }, { sum: sum! })).toThrow("was released");
    await binding.run(); // a binding keeps the memory that it was given
    binding.release();
    binding.release();
    await expect(binding.run()).rejects.toThrow("the binding or its session was released");
    const other = session.bind({ a: b!, b: b! }, { sum: sum! });
    session.release();
    session.release();
    await expect(other.run()).rejects.toThrow("the binding or its session was released");
    expect(() => session.bind({ a: b!, b: b! }, { sum: sum! })).toThrow("released");
    own.release();
    own.release();
    await expect(sum!.read()).rejects.toThrow("was released");
    expect(() => own.allocate("float32", [1])).toThrow("the runtime was released");
    await expect(own.load(addModel([2]))).rejects.toThrow("the runtime was released");
  });

  test("outlives a release during a run, and refuses a second run meanwhile", async () => {
    const own = await openRuntime({ kind, device });
    const session = await own.load(productModel(256));
    const [a, b] = [await filled(own, [256, 256], 1), await filled(own, [256, 256], 1)];
    const product = own.allocate("float32", [256, 256]);
    const binding = session.bind({ a, b }, { product });
    const running = binding.run();
    await expect(binding.run()).rejects.toThrow("already running");
    own.release();
    await running;
    if (isHost) expect(product.data![0]).toBe(256);
  });

  test("keeps its memory flat over many runs", async () => {
    const length = 2 ** 16;
    const session = await runtime.load(addModel([length]));
    const [a, b, sum] = [1, 2, 3].map(() => runtime.allocate("float32", [length]));
    const binding = session.bind({ a: a!, b: b! }, { sum: sum! });
    const runs = kind === "native" ? 500 : 100;
    const grownBytes = await leastGrowth(async () => {
      for (let run = 0; run < runs; run++) await binding.run();
    });
    // The outputs alone would be 256 KiB a run if they leaked.
    expect(grownBytes).toBeLessThan(runs * 2 ** 15);
  });
});
