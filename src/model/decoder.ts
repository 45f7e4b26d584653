import { attention } from "../tensor/attention.ts";
import { add, mul, silu } from "../tensor/elementwise.ts";
import { gather } from "../tensor/indexing.ts";
import { rmsNorm } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { rotary, rotaryTables } from "../tensor/rotary.ts";
import { expand, reshape } from "../tensor/shapes.ts";
import { constant, type Tensor } from "../tensor/tensor.ts";
import type { ModelConfig } from "./config.ts";

/** Trained tensors by their Hugging Face name. */
export type ParameterTensors = Readonly<Record<string, Tensor>>;

/** What a block is told beside its rows. Rows are time-major: row = time * batch + sequence. */
interface BlockContext {
  readonly parameters: ParameterTensors;
  readonly config: ModelConfig;
  readonly batch: number;
  readonly time: number;
  readonly mask: Tensor;
  readonly rotation: { readonly positions: Tensor; readonly cos: Tensor; readonly sin: Tensor };
}

/** An activation that `DecoderInput.observe` is shown. */
export type ActivationName = "attention" | "mlp" | "residual";

/** Sequences to read, all of one length. */
export interface DecoderInput {
  /** [time * batch] int32, time-major. */
  readonly tokens: Tensor;
  readonly batch: number;
  /** Added to the attention scores: [time, time] or [batch, 1, time, time]. */
  readonly mask: Tensor;
  /**
   * Shown every block's branches (`attention`, `mlp`) and the sum that it hands on (`residual`),
   * rows [time * batch, embedDim], while the graph is written.
   */
  readonly observe?: (name: ActivationName, rows: Tensor) => void;
}

/**
 * A Llama decoder up to and including its final norm; the head is the caller's, because a loss
 * needs no logits.
 *
 * @param parameters - by Hugging Face name, shapes of `parameterSpecs`
 * @returns hidden rows [time * batch, embedDim]
 * @throws {ShapeError} when a parameter does not fit the configuration
 */
export function decoder(
  parameters: ParameterTensors,
  config: ModelConfig,
  { tokens, batch, mask, observe }: DecoderInput,
): Tensor {
  const time = tokens.shape[0]! / batch;
  const tables = rotaryTables(time, config.headDim, config.ropeTheta);
  const tableShape = [tables.positions, tables.halfDim];
  const positions = Float32Array.from({ length: time * batch }, (_, row) =>
    Math.floor(row / batch),
  );
  const context: BlockContext = {
    parameters,
    config,
    batch,
    time,
    mask,
    rotation: {
      positions: constant(positions, [time * batch], "int64"),
      cos: constant(tables.cos, tableShape),
      sin: constant(tables.sin, tableShape),
    },
  };
  let rows = gather(parameters["model.embed_tokens.weight"]!, tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const mixed = attentionBlock(context, `model.layers.${layer}`, rows);
    observe?.("attention", mixed);
    rows = add(rows, mixed);
    const transformed = mlpBlock(context, `model.layers.${layer}`, rows);
    observe?.("mlp", transformed);
    rows = add(rows, transformed);
    observe?.("residual", rows);
  }
  return rmsNorm(rows, parameters["model.norm.weight"]!, config.rmsNormEps);
}

function attentionBlock(context: BlockContext, layer: string, rows: Tensor): Tensor {
  const { parameters, config, batch, time, rotation } = context;
  const weight = (name: string) => parameters[`${layer}.self_attn.${name}_proj.weight`]!;
  const x = rmsNorm(rows, parameters[`${layer}.input_layernorm.weight`]!, config.rmsNormEps);
  const q = rotary(linear(x, weight("q")), rotation, config.heads);
  const k = rotary(linear(x, weight("k")), rotation, config.kvHeads);
  const v = linear(x, weight("v"));
  const heads = {
    q: reshape(q, [time, batch * config.heads, config.headDim]),
    k: repeatHeads(k, context),
    v: repeatHeads(v, context),
  };
  const mixed = attention(heads, context.mask, { scale: config.headDim ** -0.5, batch });
  return linear(reshape(mixed, [time * batch, config.heads * config.headDim]), weight("o"));
}

/** Each key head serves `heads / kvHeads` query heads. @see GQA, arXiv 2305.13245 */
function repeatHeads(rows: Tensor, { config, batch, time }: BlockContext): Tensor {
  const { heads, kvHeads, headDim } = config;
  const repeats = heads / kvHeads;
  const grouped = reshape(rows, [time, batch * kvHeads, 1, headDim]);
  return reshape(expand(grouped, [time, batch * kvHeads, repeats, headDim]), [
    time,
    batch * heads,
    headDim,
  ]);
}

/** SwiGLU. @see arXiv 2002.05202 */
function mlpBlock({ parameters, config }: BlockContext, layer: string, rows: Tensor): Tensor {
  const weight = (name: string) => parameters[`${layer}.mlp.${name}_proj.weight`]!;
  const x = rmsNorm(
    rows,
    parameters[`${layer}.post_attention_layernorm.weight`]!,
    config.rmsNormEps,
  );
  const gated = mul(silu(linear(x, weight("gate"))), linear(x, weight("up")));
  return linear(gated, weight("down"));
}
