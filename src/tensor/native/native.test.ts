import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RuntimeError } from "../../errors.ts";
import { filled, leastGrowth, model, node, productModel, value } from "../_runtime-fixture.ts";
import { openRuntime } from "../runtime.ts";
import { addressOf } from "./api.ts";
import { findLibrary } from "./library.ts";

test("the event loop stays free during a run", async () => {
  const size = 1024;
  const runtime = await openRuntime();
  const session = await runtime.load(productModel(size));
  const [a, b, product] = [1, 2, 3].map(() => runtime.allocate("float32", [size, size]));
  const binding = session.bind({ a: a!, b: b! }, { product: product! });
  let ticks = 0;
  let isRunning = true;
  const count = (): void => {
    ticks += 1;
    if (isRunning) setImmediate(count);
  };
  setImmediate(count);
  await binding.run();
  isRunning = false;
  // The product of 2 GFLOP takes many milliseconds; a blocked loop would tick once or not at all.
  expect(ticks).toBeGreaterThan(3);
  runtime.release();
});

test("buffers are aligned to 64 bytes", async () => {
  const runtime = await openRuntime();
  for (const length of [1, 3, 17, 1000]) {
    const { data } = runtime.allocate("int8", [length]);
    expect(addressOf(data!) % 64n).toBe(0n);
  }
  runtime.release();
});

test("a host array outlives its buffer", async () => {
  const runtime = await openRuntime();
  const buffer = runtime.allocate("float32", [1 << 20]);
  const data = buffer.data!;
  data.fill(7 as never);
  runtime.release();
  expect(data[(1 << 20) - 1]).toBe(7);
});

test("writes a profile of every node", async () => {
  const folder = await mkdtemp(join(tmpdir(), "foretoken-profile-"));
  const runtime = await openRuntime();
  const session = await runtime.load(productModel(8), { profile: join(folder, "step") });
  const [a, b, product] = [1, 2, 3].map(() => runtime.allocate("float32", [8, 8]));
  await session.bind({ a: a!, b: b! }, { product: product! }).run();
  const path = session.endProfiling()!;
  expect(path.startsWith(join(folder, "step"))).toBe(true);
  const events = JSON.parse(await readFile(path, "utf8")) as { args?: { op_name?: string } }[];
  expect(events.filter((event) => event.args?.op_name === "MatMul").length).toBeGreaterThan(0);
  expect(session.endProfiling()).toBeUndefined();
  runtime.release();
  await rm(folder, { recursive: true });
});

test("memory stays flat over many sessions, bindings and buffers", async () => {
  const runtime = await openRuntime();
  const bytes = productModel(32);
  const cycle = async (): Promise<void> => {
    const session = await runtime.load(bytes);
    const [a, b, product] = [1, 2, 3].map(() => runtime.allocate("float32", [32, 32]));
    await session.bind({ a: a!, b: b! }, { product: product! }).run();
    for (const held of [session, a!, b!, product!]) held.release();
  };
  const grownBytes = await leastGrowth(async () => {
    for (let round = 0; round < 100; round++) await cycle();
  });
  // A session of this graph holds some 60 KiB.
  expect(grownBytes).toBeLessThan(100 * 20 * 2 ** 10);
  runtime.release();
});

test("a runtime of one thread is possible beside the pool, and computes the same", async () => {
  const runtimes = [await openRuntime(), await openRuntime({ threads: 1 })];
  expect(runtimes[1]!.threads).toBe(1);
  const products = runtimes.map(async (runtime) => {
    const session = await runtime.load(productModel(64));
    const [a, b, product] = [
      await filled(runtime, [64, 64], 2),
      await filled(runtime, [64, 64], 3),
      runtime.allocate("float32", [64, 64]),
    ];
    await session.bind({ a, b }, { product }).run();
    return product.read();
  });
  const [pooled, alone] = await Promise.all(products);
  expect(alone).toEqual(pooled);
  expect(alone![0]).toBe(384);
  for (const runtime of runtimes) runtime.release();
});

test("graphs share the memory of their intermediate values", async () => {
  const runtime = await openRuntime();
  const intermediateBytes = 16 * 2 ** 20;
  const graphs = 12;
  const shape = [intermediateBytes / 4];
  const nodes = [node("Neg", ["x"], "negative"), node("Exp", ["negative"], "y")];
  const bytes = model(nodes, [value("x", shape)], [value("y", shape)]);
  const x = await filled(runtime, shape, 1);
  const y = await filled(runtime, shape, 0);
  const before = process.memoryUsage.rss();
  for (let graph = 0; graph < graphs; graph++) {
    const session = await runtime.load(bytes);
    await session.bind({ x }, { y }).run();
  }
  const grownBytes = process.memoryUsage.rss() - before;
  expect(y.data![0]).toBeCloseTo(Math.exp(-1), 6);
  expect(grownBytes).toBeLessThan((graphs / 2) * intermediateBytes);
  runtime.release();
});

test("a graph that is deeply nested is made ready off the main stack", async () => {
  const depth = 5000;
  const nodes = Array.from({ length: depth }, (_, index) =>
    node("Neg", [`x${index}`], `x${index + 1}`),
  );
  const runtime = await openRuntime();
  const bytes = model(nodes, [value("x0", [2])], [value(`x${depth}`, [2])]);
  const session = await runtime.load(bytes);
  const x = runtime.allocate("float32", [2]);
  await x.write(Float32Array.of(1, -2));
  await session.bind({ x0: x }, { [`x${depth}`]: x }).run();
  expect(await x.read()).toEqual(Float32Array.of(1, -2));
  runtime.release();
});

test("a run leaves no native object behind", async () => {
  const runtime = await openRuntime();
  const session = await runtime.load(productModel(2));
  const [a, b, product] = [1, 2, 3].map(() => runtime.allocate("float32", [2, 2]));
  const binding = session.bind({ a: a!, b: b! }, { product: product! });
  const runs = 4000;
  const grownBytes = await leastGrowth(async () => {
    for (let run = 0; run < runs; run++) await binding.run();
  });
  expect(grownBytes).toBeLessThan(runs * 128); // the smallest tensor value takes more
  runtime.release();
});

test("FORETOKEN_ONNXRUNTIME must name a file", () => {
  expect(findLibrary({})).toMatch(/onnxruntime/);
  expect(findLibrary({ FORETOKEN_ONNXRUNTIME: import.meta.filename })).toBe(import.meta.filename);
  const absent = { FORETOKEN_ONNXRUNTIME: "/nowhere/libonnxruntime.so" };
  expect(() => findLibrary(absent)).toThrow(RuntimeError);
  expect(() => findLibrary(absent)).toThrow(
    'FORETOKEN_ONNXRUNTIME names "/nowhere/libonnxruntime.so", which does not exist',
  );
});
