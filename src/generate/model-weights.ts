import type { ModelConfig } from "../model/config.ts";
import { parameterSpecs } from "../model/parameters.ts";
import {
  type HeldParameter,
  isQuantised,
  type QuantisedMatrix,
} from "../model/quantised-matrix.ts";
import { blockLength, dequantise } from "../tensor/quantised.ts";
import type { Buffer, FixedInputs, Runtime } from "../tensor/session.ts";
import { fixedInput, input, type Tensor } from "../tensor/tensor.ts";

/** A model's tensors in the runtime's memory, bound to every graph that reads them. */
export interface ModelWeights {
  readonly runtime: Runtime;
  readonly config: ModelConfig;
  /** By the names that `weightTensors` reads: the Hugging Face name, a quantised part's behind it. */
  readonly buffers: Readonly<Record<string, Buffer>>;
  /** The quantised matrices that products read; undefined when there are none. */
  readonly fixed: FixedInputs | undefined;
  /** Graphs' tensors of all parameters, by Hugging Face name. */
  tensors(): Record<string, Tensor>;
  /** Frees the memory; what still runs keeps it until it is released. */
  release(): void;
}

/** A parameter's buffers and how graphs read them. */
interface Uploaded {
  readonly buffers: Readonly<Record<string, Buffer>>;
  readonly fixed: Readonly<Record<string, Buffer>>;
  readonly tensor: () => Tensor;
}

/**
 * Puts a model's tensors into the runtime's memory, once for all that read them; a head that is the
 * embedding takes no memory of its own.
 *
 * @throws {RuntimeError} when some are quantised and the runtime is not the native one on the CPU
 */
export async function uploadWeights(
  runtime: Runtime,
  config: ModelConfig,
  parameters: ReadonlyMap<string, HeldParameter | { readonly data: Float32Array }>,
): Promise<ModelWeights> {
  const memory = new Memory(runtime);
  const uploaded = new Map<string, Uploaded>();
  for (const { name, shape, role } of parameterSpecs(config)) {
    const parameter = parameters.get(name)!;
    const upload =
      "blocks" in parameter && isQuantised(parameter)
        ? uploadMatrix(memory, { name, isTable: role === "embedding" }, parameter)
        : uploadFloats(memory, { name, shape }, parameter);
    uploaded.set(name, await upload);
  }
  const all = [...uploaded.values()];
  const buffers = Object.assign({}, ...all.map((each) => each.buffers)) as Record<string, Buffer>;
  const given = Object.assign({}, ...all.map((each) => each.fixed)) as Record<string, Buffer>;
  const fixed = Object.keys(given).length === 0 ? undefined : runtime.fix(given);
  return {
    ...{ runtime, config, buffers, fixed },
    tensors: () => Object.fromEntries([...uploaded].map(([name, { tensor }]) => [name, tensor()])),
    release: () => {
      fixed?.release();
      memory.release();
    },
  };
}

/** Those of the weights that a graph reads; a prefill needs no head. */
export function weightsFor(
  { buffers }: ModelWeights,
  inputNames: readonly string[],
): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(buffers).filter(([name]) => inputNames.includes(name)));
}

/** Buffers by what was written into them: the same array gets one buffer. */
class Memory {
  readonly #runtime: Runtime;
  readonly #buffers = new Map<Float32Array | Uint8Array, Buffer>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async hold(values: Float32Array | Uint8Array, shape: readonly number[]): Promise<Buffer> {
    const known = this.#buffers.get(values);
    if (known !== undefined) return known;
    const dtype = values instanceof Float32Array ? "float32" : "uint8";
    const buffer = this.#runtime.allocate(dtype, shape);
    this.#buffers.set(values, buffer);
    await buffer.write(values);
    return buffer;
  }

  release(): void {
    for (const buffer of this.#buffers.values()) buffer.release();
  }
}

async function uploadFloats(
  memory: Memory,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  { data }: { readonly data: Float32Array },
): Promise<Uploaded> {
  const buffers = { [name]: await memory.hold(data, shape) };
  return { buffers, fixed: {}, tensor: () => input(name, "float32", shape) };
}

/**
 * Blocks with the middle of their range at 0, so that the offset of a block with a minimum is the
 * value of its middle. A table is read by rows and stays an input.
 */
async function uploadMatrix(
  memory: Memory,
  { name, isTable }: { readonly name: string; readonly isTable: boolean },
  { shape, bits, blocks, scales, minima }: QuantisedMatrix,
): Promise<Uploaded> {
  const perBlock = [shape[0], shape[1] / blockLength];
  const parts = {
    [`${name}.blocks`]: await memory.hold(blocks, [...perBlock, (blockLength * bits) / 8]),
    [`${name}.scales`]: await memory.hold(scales, perBlock),
  };
  const middles = minima?.map((minimum, block) => minimum + 2 ** (bits - 1) * scales[block]!);
  const offsets = middles && { [`${name}.offsets`]: await memory.hold(middles, perBlock) };
  const tensor = () => {
    const read = isTable ? input : fixedInput;
    return dequantise(
      {
        blocks: read(`${name}.blocks`, "uint8", [...perBlock, (blockLength * bits) / 8]),
        scales: read(`${name}.scales`, "float32", perBlock),
        offsets: offsets && read(`${name}.offsets`, "float32", perBlock),
      },
      bits,
    );
  };
  return isTable
    ? { buffers: { ...parts, ...offsets }, fixed: {}, tensor }
    : { buffers: {}, fixed: { ...parts, ...offsets }, tensor };
}
