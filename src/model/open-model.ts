import type { Parameter } from "./_checkpoint-tensors.ts";
import { conversions } from "./_read-parameters.ts";
import { type FolderForm, loadModel, type Model } from "./checkpoint.ts";
import { isGgufPath } from "./gguf/gguf-path.ts";
import { loadGguf } from "./gguf/load-gguf.ts";
import { dequantiseMatrix, type HeldParameter, isQuantised } from "./quantised-matrix.ts";

/**
 * Loads a model in float32 from a folder or a GGUF file.
 *
 * @throws {CheckpointError} as `loadModel` and `loadGguf`
 */
export async function openModel(path: string): Promise<Model & FolderForm> {
  if (!isGgufPath(path)) return loadModel(path);
  const { parameters, types, changes, ...model } = await loadGguf(path);
  return {
    ...model,
    parameters: floatParameters(parameters),
    architecture: "LlamaForCausalLM",
    changes: [...conversions(types), ...changes],
    tokenIds: {},
  };
}

/** Every parameter in float32; what was one object stays one. */
export function floatParameters(
  parameters: ReadonlyMap<string, HeldParameter>,
): ReadonlyMap<string, Parameter> {
  const made = new Map<HeldParameter, Parameter>();
  const floatsOf = (held: HeldParameter): Parameter => {
    if (!isQuantised(held)) return held;
    const known = made.get(held) ?? { shape: held.shape, data: dequantiseMatrix(held) };
    made.set(held, known);
    return known;
  };
  return new Map([...parameters].map(([name, held]) => [name, floatsOf(held)]));
}
