import type { ModelConfig } from "../model/config.ts";
import { parameterSpecs } from "../model/parameters.ts";
import type { Buffer, Runtime } from "../tensor/session.ts";

/** A model's tensors in the runtime's memory, bound to every graph that reads them. */
export interface ModelWeights {
  readonly runtime: Runtime;
  readonly config: ModelConfig;
  /** By Hugging Face name. */
  readonly buffers: Readonly<Record<string, Buffer>>;
  /** Frees the memory; what still runs keeps it until it is released. */
  release(): void;
}

/** Puts a model's tensors into the runtime's memory, once for all that read them. */
export async function uploadWeights(
  runtime: Runtime,
  config: ModelConfig,
  parameters: ReadonlyMap<string, { readonly data: Float32Array }>,
): Promise<ModelWeights> {
  const buffers: Record<string, Buffer> = {};
  for (const { name, shape } of parameterSpecs(config)) {
    buffers[name] = runtime.allocate("float32", shape);
    await buffers[name].write(parameters.get(name)!.data);
  }
  const release = () => {
    for (const buffer of Object.values(buffers)) buffer.release();
  };
  return { runtime, config, buffers, release };
}

/** Those of the weights that a graph reads; a prefill needs no head. */
export function weightsFor(
  { buffers }: ModelWeights,
  inputNames: readonly string[],
): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(buffers).filter(([name]) => inputNames.includes(name)));
}
