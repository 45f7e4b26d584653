import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { evaluate, mismatches } from "../tensor/_op-fixture.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { tinyModel } from "./_training-fixture.ts";
import { muon, orthogonalise } from "./muon.ts";
import { type ParameterGroup, parameterGroups } from "./parameter-groups.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime?.release());

type Matrix = readonly (readonly number[])[];

const transposed = (x: Matrix): number[][] => x[0]!.map((_, j) => x.map((row) => row[j]!));

function product(a: Matrix, b: Matrix): number[][] {
  const columns = transposed(b);
  return a.map((row) =>
    columns.map((column) => row.reduce((sum, value, k) => sum + value * column[k]!, 0)),
  );
}

/** A dense orthogonal matrix: Householder's reflection at a random vector. */
function reflection(size: number, random: Random): number[][] {
  const u = Array.from({ length: size }, () => random.normal());
  const square = u.reduce((sum, value) => sum + value * value, 0);
  return u.map((x, i) => u.map((y, j) => (i === j ? 1 : 0) - (2 * x * y) / square));
}

/** A matrix left * diagonal * right with singular values that are known. */
function withSingularValues(values: readonly number[], rows: number, columns: number) {
  const random = new Random(rows);
  const [left, right] = [reflection(rows, random), reflection(columns, random)];
  const diagonal = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => (i === j ? values[i]! : 0)),
  );
  return { left, right, matrix: product(product(left, diagonal), right) };
}

async function orthogonalised(x: Matrix): Promise<number[][]> {
  const [rows, columns] = [x.length, x[0]!.length];
  const outputs = { y: orthogonalise(input("x", "float32", [rows, columns])) };
  const { y } = await evaluate(runtime, outputs, { x: x.flat() });
  return Array.from({ length: rows }, (_, i) => y!.slice(i * columns, (i + 1) * columns));
}

const spread = [9, 8, 7, 6, 5, 4, 3, 2, 1.5, 1, 0.7, 0.5];

test("singular vectors stay and singular values from 0.5 to 9 come to between 0.65 and 1.25", async () => {
  const { left, right, matrix } = withSingularValues(spread, 12, 20);
  const y = await orthogonalised(matrix);
  const inner = product(product(transposed(left), y), transposed(right));
  const norm = Math.hypot(...spread);
  inner.forEach((row, i) => {
    row.forEach((value, j) => {
      if (i === j) return;
      expect(Math.abs(value)).toBeLessThan(1e-4); // float32 roundings, amplified 3.4445^5 = 485 times
    });
    // Jordan's quintic, five times
    let s = spread[i]! / norm;
    for (let k = 0; k < 5; k++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
    expect(Math.abs(row[i]! - s)).toBeLessThan(1e-4);
    expect(row[i]).toBeGreaterThan(0.65);
    expect(row[i]).toBeLessThan(1.25);
  });
});

test("a tall matrix gives the transpose of what the wide one gives", async () => {
  const { matrix } = withSingularValues(spread, 12, 20);
  const wide = await orthogonalised(matrix);
  const tall = await orthogonalised(transposed(matrix));
  expect(tall).toHaveLength(20);
  expect(mismatches(transposed(tall).flat(), wide.flat(), 1e-5)).toEqual([]);
});

test("the scale of the matrix does not count, and zeros stay zeros", async () => {
  const { matrix } = withSingularValues(spread, 12, 20);
  const once = await orthogonalised(matrix);
  const small = await orthogonalised(matrix.map((row) => row.map((value) => value * 2 ** -10)));
  expect(mismatches(small.flat(), once.flat(), 1e-3)).toEqual([]);
  const zeros = await orthogonalised(matrix.map((row) => row.map(() => 0)));
  expect(zeros.flat().every((value) => value === 0)).toBe(true);
});

const learningRate = 0.01;

/** One update of a matrix from a momentum. */
async function update(
  shape: readonly [number, number],
  values: { gradient: number[]; momentum: number[]; parameter: number[] },
  options: { learningRateScale?: number; keep?: number; clip?: number } = {},
) {
  const { learningRateScale = 1, keep = 1, clip = 1 } = options;
  const group: ParameterGroup = {
    key: "w",
    shape,
    rule: { initStd: 1, learningRateScale, weightDecay: true },
    members: [{ name: "w", shape, role: "hidden", offset: 0 }],
  };
  const tensor = (name: string) => input(name, "float32", shape);
  const scalar = (name: string) => input(name, "float32", []);
  const next = muon.update({
    group,
    parameter: tensor("parameter"),
    gradient: tensor("gradient"),
    state: [tensor("momentum")],
    scalars: {
      clip: scalar("clip"),
      learningRate: scalar("learningRate"),
      keep: scalar("keep"),
      adamStep: scalar("adamStep"),
      adamEpsilon: scalar("adamEpsilon"),
    },
  });
  const numbers = { clip: [clip], keep: [keep], learningRate: [learningRate] };
  const outputs = { next: next.parameter, after: next.state[0]! };
  const { next: after, after: state } = await evaluate(runtime, outputs, { ...values, ...numbers });
  return { parameter: after!, momentum: state! };
}

const zeros = (count: number): number[] => Array<number>(count).fill(0);
const normals = (count: number, seed: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => Math.fround(random.normal()));
};

test("a 64 x 64 matrix moves by a root mean square of about 0.2 of the learning rate", async () => {
  const count = 64 * 64;
  const start = { gradient: normals(count, 1), momentum: zeros(count), parameter: zeros(count) };
  const { parameter } = await update([64, 64], start);
  const size = Math.sqrt(parameter.reduce((sum, x) => sum + x * x, 0) / count) / learningRate;
  expect(size).toBeGreaterThan(0.2 * 0.65);
  expect(size).toBeLessThan(0.2 * 1.25);
  const along = parameter.reduce((sum, x, i) => sum + x * start.gradient[i]!, 0);
  expect(along).toBeLessThan(0); // downhill
});

test("the step's spectral norm is sqrt(out / in) with the rate scale of the width", async () => {
  const norms: number[] = [];
  for (const [rows, columns] of [
    [16, 16],
    [16, 64],
    [64, 16],
    [64, 64],
  ] as const) {
    const rank = Math.min(rows, columns);
    const { left, right, matrix } = withSingularValues(Array(rank).fill(1), rows, columns);
    const gradient = matrix.flat().map(Math.fround);
    const start = { gradient, momentum: zeros(gradient.length), parameter: zeros(gradient.length) };
    const { parameter } = await update([rows, columns], start, { learningRateScale: 64 / columns });
    const steps = Array.from({ length: rows }, (_, i) =>
      parameter.slice(i * columns, (i + 1) * columns),
    );
    const inner = product(product(transposed(left), steps), transposed(right));
    const norm = Math.max(...inner.map((row, i) => Math.abs(row[i] ?? 0)));
    norms.push(norm / learningRate / (64 * 0.025) / Math.sqrt(rows / columns));
  }
  for (const norm of norms) {
    expect(norm).toBeGreaterThan(0.65);
    expect(norm).toBeLessThan(1.25);
  }
});

test("momentum, look-ahead, clipping and decay", async () => {
  const shape = [6, 9] as const;
  const start = {
    gradient: normals(54, 2),
    momentum: normals(54, 3),
    parameter: normals(54, 4),
  };
  const options = { clip: 0.5, keep: 0.75, learningRateScale: 0.5 };
  const { parameter, momentum } = await update(shape, start, options);
  const expected = start.momentum.map((m, i) => 0.95 * m + 0.5 * start.gradient[i]!);
  expect(mismatches(momentum, expected)).toEqual([]);
  const ahead = expected.map((m, i) => 0.95 * m + 0.5 * start.gradient[i]!);
  const rows = Array.from({ length: 6 }, (_, i) => ahead.slice(i * 9, (i + 1) * 9));
  const direction = (await orthogonalised(rows)).flat();
  const factor = learningRate * 0.025 * Math.sqrt(54) * 0.5;
  const wanted = start.parameter.map((w, i) => 0.75 * w - factor * direction[i]!);
  expect(mismatches(parameter, wanted, 1e-5)).toEqual([]);
});

test("matrices inside blocks have one slot of state, all else AdamW's two", () => {
  for (const group of parameterGroups(tinyModel)) {
    expect(muon.init(group)).toBe(group.key.includes("_proj") ? 1 : 2);
  }
});
