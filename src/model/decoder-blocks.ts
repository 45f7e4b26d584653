import { add, mul, silu } from "../tensor/elementwise.ts";
import { gather } from "../tensor/indexing.ts";
import { rmsNorm } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { input, type Tensor } from "../tensor/tensor.ts";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";

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

/** How the blocks are walked. */
export interface BlocksInput {
  /** [rows] int32; which row is which token is the attention's matter alone. */
  readonly tokens: Tensor;
  /** Position embedding and attention of a layer; gives [rows, heads * headDim]. */
  readonly attend: (heads: ProjectedHeads, layer: number) => Tensor;
  /**
   * Shown every block's branches (`attention`, `mlp`) and the sum that it hands on (`residual`),
   * rows [rows, embedDim], while the graph is written.
   */
  readonly observe?: ((name: ActivationName, rows: Tensor) => void) | undefined;
}

/** Inputs of a program, one for each parameter, under the parameter's Hugging Face name. */
export function parameterInputs(config: ModelConfig): Record<string, Tensor> {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, input(name, "float32", shape)]),
  );
}

/**
 * The blocks of a Llama decoder between embedding and head, both norms included: what training,
 * scoring and cached generation share.
 *
 * @param parameters - by Hugging Face name, shapes of `parameterSpecs`
 * @returns hidden rows [rows, embedDim]
 * @throws {ShapeError} when a parameter does not fit the configuration
 */
export function decoderBlocks(
  parameters: ParameterTensors,
  config: ModelConfig,
  { tokens, attend, observe }: BlocksInput,
): Tensor {
  const weight = (name: string) => parameters[`${name}.weight`]!;
  let rows = gather(weight("model.embed_tokens"), tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const norm = (name: string) =>
      rmsNorm(rows, weight(`model.layers.${layer}.${name}`), config.rmsNormEps);
    const project = (name: string, x: Tensor) =>
      linear(x, weight(`model.layers.${layer}.${name}_proj`));
    const x = norm("input_layernorm");
    const [q, k, v] = ["q", "k", "v"].map((name) => project(`self_attn.${name}`, x));
    const mixed = project("self_attn.o", attend({ q: q!, k: k!, v: v! }, layer));
    observe?.("attention", mixed);
    rows = add(rows, mixed);
    // SwiGLU, arXiv 2002.05202
    const y = norm("post_attention_layernorm");
    const transformed = project(
      "mlp.down",
      mul(silu(project("mlp.gate", y)), project("mlp.up", y)),
    );
    observe?.("mlp", transformed);
    rows = add(rows, transformed);
    observe?.("residual", rows);
  }
  return rmsNorm(rows, weight("model.norm"), config.rmsNormEps);
}
