import { add, mul, silu } from "../tensor/elementwise.ts";
import { rmsNorm } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { input, type Tensor } from "../tensor/tensor.ts";
import type { ModelConfig } from "./config.ts";
import { type BlockNames, parameterSpecs } from "./parameters.ts";

/** Trained tensors by their Hugging Face name. */
export type ParameterTensors = Readonly<Record<string, Tensor>>;

/** Queries, keys and values of a block as its projections give them, one row for each token. */
export interface ProjectedHeads {
  /** [rows, heads * headDim] */
  readonly q: Tensor;
  /** [rows, kvHeads * headDim] */
  readonly k: Tensor;
  /** [rows, kvHeads * headDim] */
  readonly v: Tensor;
}

/** An activation that `observe` is shown. */
export type ActivationName = "attention" | "mlp" | "residual";

/** How a stack of blocks is walked. */
export interface BlockWalk {
  /** Position embedding and attention of a layer; gives [rows, heads * headDim]. */
  readonly attend: (heads: ProjectedHeads, layer: number) => Tensor;
  /**
   * Shown every block's branches (`attention`, `mlp`) and the sum that it hands on (`residual`),
   * rows [rows, embedDim], while the graph is written.
   */
  readonly observe?: ((name: ActivationName, rows: Tensor) => void) | undefined;
}

/** A stack of blocks among a model's parameters. */
export interface BlockStack {
  readonly parameters: ParameterTensors;
  readonly layers: number;
  readonly names: (layer: number) => BlockNames;
  readonly rmsNormEps: number;
}

/** Inputs of a program, one for each parameter, under the parameter's Hugging Face name. */
export function parameterInputs(config: ModelConfig): Record<string, Tensor> {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, input(name, "float32", shape)]),
  );
}

/**
 * Pre-norm transformer blocks with gated MLPs: those of the decoder and of the vision tower, in
 * training, scoring and cached generation. Which row is which token is the attention's matter.
 *
 * @param rows - [rows, embedDim]
 * @returns [rows, embedDim], not yet normed
 * @throws {ShapeError} when a parameter does not fit
 */
export function walkBlocks(
  stack: BlockStack,
  rows: Tensor,
  { attend, observe }: BlockWalk,
): Tensor {
  const { parameters, rmsNormEps } = stack;
  let stream = rows;
  for (let layer = 0; layer < stack.layers; layer++) {
    const names = stack.names(layer);
    const norm = (name: string) => rmsNorm(stream, parameters[`${name}.weight`]!, rmsNormEps);
    const project = (name: string, x: Tensor) => linear(x, parameters[`${name}.weight`]!);
    const x = norm(names.attentionNorm);
    const heads = {
      q: project(names.query, x),
      k: project(names.key, x),
      v: project(names.value, x),
    };
    const mixed = project(names.output, attend(heads, layer));
    observe?.("attention", mixed);
    stream = add(stream, mixed);
    // SwiGLU, arXiv 2002.05202
    const y = norm(names.mlpNorm);
    const gated = mul(silu(project(names.gate, y)), project(names.up, y));
    const transformed = project(names.down, gated);
    observe?.("mlp", transformed);
    stream = add(stream, transformed);
    observe?.("residual", stream);
  }
  return stream;
}
