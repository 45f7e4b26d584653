import { Random } from "../statistics/random.ts";
import type { Outputs } from "./compile.ts";
import { compile } from "./compile.ts";
import { castArray, type DType, elementCount, float16Value, type TypedArray } from "./dtype.ts";
import { cast, mul } from "./elementwise.ts";
import { grad } from "./grad.ts";
import type { Buffer, DeviceName, Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { input, type Shape, type Tensor } from "./tensor.ts";

/** Values of inputs or outputs by name, row-major. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** One value that an op is given. */
export interface OpInput {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly values: readonly number[];
}

/** What an op must give for one set of inputs. */
export interface OpCase {
  readonly inputs: readonly OpInput[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Computed by hand, row-major. */
  readonly expected: readonly number[];
  /** Positions of the inputs that no gradient reaches; every other one is differentiated. */
  readonly stopped: readonly number[];
}

/** A float32 input. */
export function floats(shape: Shape, values: readonly number[]): OpInput {
  return { dtype: "float32", shape, values };
}

/** An int32 input. */
export function ids(values: readonly number[], dtype: DType = "int32"): OpInput {
  return { dtype, shape: [values.length], values };
}

/** A case in which gradients reach every input but the `stopped` ones. */
export function opCase(
  inputs: readonly OpInput[],
  build: (...inputs: Tensor[]) => Tensor,
  outcome: { readonly expected: readonly number[]; readonly stopped?: readonly number[] },
): OpCase {
  return { inputs, build, expected: outcome.expected, stopped: outcome.stopped ?? [] };
}

/** A program ready to be run many times. */
export interface Evaluator {
  run(values: Values): Promise<Record<string, number[]>>;
  release(): void;
}

/** Makes a program ready on a runtime, as it is written for a device (the runtime's unless given). */
export async function evaluator(
  runtime: Runtime,
  outputs: Outputs,
  device: DeviceName = runtime.device,
): Promise<Evaluator> {
  const { model, inputs } = compile(outputs, device);
  const session = await runtime.load(model);
  const allocate = ([name, { dtype, shape }]: readonly [string, Tensor]) =>
    [name, runtime.allocate(dtype, shape)] as const;
  const named = inputs.map((tensor) => [String(tensor.node.attributes["name"]), tensor] as const);
  const sources = Object.fromEntries(named.map(allocate));
  const results = Object.fromEntries(Object.entries(outputs).map(allocate));
  const binding = session.bind(sources, results);
  return {
    async run(values) {
      for (const [name, buffer] of Object.entries(sources)) {
        await buffer.write(castArray(buffer.dtype, values[name]!));
      }
      await binding.run();
      const read = async ([name, buffer]: [string, Buffer]) =>
        [name, numbers(buffer.dtype, await buffer.read())] as const;
      return Object.fromEntries(await Promise.all(Object.entries(results).map(read)));
    },
    release() {
      binding.release();
      session.release();
      for (const buffer of [...Object.values(sources), ...Object.values(results)]) buffer.release();
    },
  };
}

/** The values of a program's outputs for given inputs. */
export async function evaluate(
  runtime: Runtime,
  outputs: Outputs,
  values: Values = {},
): Promise<Record<string, number[]>> {
  const program = await evaluator(runtime, outputs);
  const results = await program.run(values);
  program.release();
  return results;
}

/** What is not equal, element by element; empty when all is. */
export function mismatches(
  actual: readonly number[],
  expected: readonly number[],
  tolerance = 1e-6, // some roundings of float32 at values around 1
): string[] {
  if (actual.length !== expected.length) {
    return [`${actual.length} elements instead of ${expected.length}`];
  }
  return actual.flatMap((value, index) => {
    const wanted = expected[index]!;
    const isClose = Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    return isClose || Object.is(value, wanted) ? [] : [`[${index}] ${value} instead of ${wanted}`];
  });
}

/**
 * Runs a case and checks its value, and its gradients against central differences.
 *
 * The loss is the output projected on fixed random numbers, in double precision on the host. With a
 * step of 2^-7 the differences err by 2^-14 / 6 of the third derivative and by about 2^-24 / 2^-7 of
 * the output: below 1e-3 for values and derivatives up to 50.
 *
 * @param device - the device that the program is written for
 * @returns what is wrong; empty when nothing is
 */
export async function checkCase(
  runtime: Runtime,
  opCase: OpCase,
  device: DeviceName = runtime.device,
): Promise<string[]> {
  const inputs = opCase.inputs.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const output = opCase.build(...inputs);
  const projection = randomNumbers(elementCount(output.shape));
  const loss = projected(output);
  const differentiable = inputs.map((_, i) => i).filter((i) => !opCase.stopped.includes(i));
  const gradients = grad(
    loss,
    differentiable.map((i) => inputs[i]!),
  );
  const named = differentiable.map((i, order) => [`d${i}`, gradients[order]!] as const);
  const program = await evaluator(runtime, { output, ...Object.fromEntries(named) }, device);
  const values: Record<string, readonly number[]> = { projection };
  opCase.inputs.forEach((given, i) => {
    values[`x${i}`] = given.values;
  });
  const results = await program.run(values);
  const wrong = mismatches(results["output"]!, opCase.expected).map((text) => `output${text}`);
  const lossAt = async (name: string, element: number, shift: number) => {
    const shifted = values[name]!.map((value, i) =>
      Math.fround(i === element ? value + shift : value),
    );
    const { output: y } = await program.run({ ...values, [name]: shifted });
    return {
      at: shifted[element]!,
      loss: y!.reduce((total, v, i) => total + v * projection[i]!, 0),
    };
  };
  for (const i of differentiable) {
    const estimates: number[] = [];
    for (let element = 0; element < opCase.inputs[i]!.values.length; element++) {
      const above = await lossAt(`x${i}`, element, 2 ** -7);
      const below = await lossAt(`x${i}`, element, -(2 ** -7));
      estimates.push((above.loss - below.loss) / (above.at - below.at));
    }
    wrong.push(...mismatches(results[`d${i}`]!, estimates, 1e-3).map((text) => `d${i}${text}`));
  }
  program.release();
  return wrong;
}

/** The scalar sum(output * projection), where `projection` is an input of the output's shape. */
export function projected(output: Tensor): Tensor {
  return sum(mul(cast(output, "float32"), input("projection", "float32", output.shape)));
}

/** Numbers in [-1.5, -0.5] and [0.5, 1.5], the same at each call. */
export function randomNumbers(count: number, seed = 1): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const size = 0.5 + random.uniform();
    return Math.fround(random.uniform() < 0.5 ? -size : size);
  });
}

function numbers(dtype: DType, array: TypedArray): number[] {
  const values = Array.from(array as ArrayLike<number | bigint>, Number);
  return dtype === "float16" ? values.map(float16Value) : values;
}
