import { loadModel } from "./checkpoint.ts";
import type { ModelConfig } from "./config.ts";
import { isGgufPath } from "./gguf/gguf-path.ts";
import { loadGguf } from "./gguf/load-gguf.ts";
import { floatParameters } from "./open-model.ts";
import { isVisionParameter, type ParameterSpec, parameterSpecs } from "./parameters.ts";
import {
  dequantiseMatrix,
  type HeldParameter,
  hasBlocks,
  isQuantised,
  quantiseMatrix,
} from "./quantised-matrix.ts";
import type { Tokenizer } from "./text/tokenizer.ts";

/**
 * How weights are held in memory: `stored` as the file has them, quantised ones quantised; `q4` in 4
 * bits, embedding and head in 8; `q8` in 8 bits; `f32` in float32.
 */
export type WeightForm = "stored" | "q4" | "q8" | "f32";

/** A model whose matrices may be quantised. */
export interface HeldModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly parameters: ReadonlyMap<string, HeldParameter>;
}

/**
 * Loads a model to be run, from a folder or a GGUF file.
 *
 * @throws {CheckpointError} as `loadModel` and `loadGguf`
 */
export async function openHeldModel(path: string, form: WeightForm): Promise<HeldModel> {
  const model: HeldModel = isGgufPath(path) ? await loadGguf(path) : await loadModel(path);
  if (form === "stored") return model;
  if (form === "f32") return { ...model, parameters: floatParameters(model.parameters) };
  return { ...model, parameters: quantised(model, form) };
}

/**
 * The parameters with their matrices in 4 or 8 bits; those that are in such a form already stay as
 * they are, those of the vision tower and such without whole blocks stay float32.
 */
function quantised(
  { config, parameters }: HeldModel,
  form: "q4" | "q8",
): ReadonlyMap<string, HeldParameter> {
  const made = new Map<unknown, HeldParameter>();
  const entries = parameterSpecs(config).map((spec) => {
    const held = parameters.get(spec.name)!;
    const source = isQuantised(held) ? held : held.data;
    const result = made.get(source) ?? inBits(held, bitsOf(spec, form));
    made.set(source, result);
    return [spec.name, result] as const;
  });
  return new Map(entries);
}

/** Undefined for what is not quantised. */
function bitsOf({ name, role, shape }: ParameterSpec, form: "q4" | "q8"): 4 | 8 | undefined {
  if (isVisionParameter(name) || role === "norm" || !hasBlocks(shape)) return undefined;
  return form === "q8" || role === "embedding" || role === "head" ? 8 : 4;
}

function inBits(held: HeldParameter, bits: 4 | 8 | undefined): HeldParameter {
  if (bits === undefined || (isQuantised(held) && held.bits === bits)) return held;
  const { shape } = held;
  if (!hasBlocks(shape)) return held;
  return quantiseMatrix(isQuantised(held) ? dequantiseMatrix(held) : held.data, shape, bits);
}
