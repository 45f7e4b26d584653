import type { ModelConfig, VisionConfig } from "./config.ts";
import { patchesPerToken, patchSize } from "./image/geometry.ts";

/**
 * What a tensor does, which decides how it is initialised and how fast it learns:
 * `residual` tensors write into the residual stream (o_proj, down_proj), `query` is q_proj,
 * `hidden` are the other matrices of a block and those between tower and decoder, `patches` reads
 * the pixels.
 */
type ParameterRole = "patches" | "embedding" | "norm" | "query" | "hidden" | "residual" | "head";

/** One trained tensor. */
export interface ParameterSpec {
  /** The name that Hugging Face's Llama has for it, e.g. `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  /** [features] for a norm, [out, in] for a matrix, [out, 3, side, side] for the patches. */
  readonly shape: readonly number[];
  readonly role: ParameterRole;
}

/** Names of the tensors of one block. */
export interface BlockNames {
  readonly attentionNorm: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly mlpNorm: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

/** Names in the decoder's blocks. @see transformers, `LlamaDecoderLayer` */
export function decoderBlockNames(layer: number): BlockNames {
  const block = `model.layers.${layer}`;
  return {
    attentionNorm: `${block}.input_layernorm`,
    ...projections(`${block}.self_attn`),
    mlpNorm: `${block}.post_attention_layernorm`,
    ...gatedMlp(`${block}.mlp`),
  };
}

/** Names in the vision tower's blocks. @see transformers, `PixtralAttentionLayer` */
export function towerBlockNames(layer: number): BlockNames {
  const block = `vision_tower.transformer.layers.${layer}`;
  return {
    attentionNorm: `${block}.attention_norm`,
    ...projections(`${block}.attention`),
    mlpNorm: `${block}.ffn_norm`,
    ...gatedMlp(`${block}.feed_forward`),
  };
}

function projections(attention: string) {
  const [query, key, value, output] = ["q", "k", "v", "o"].map(
    (name) => `${attention}.${name}_proj`,
  ) as [string, string, string, string];
  return { query, key, value, output };
}

function gatedMlp(mlp: string) {
  return { gate: `${mlp}.gate_proj`, up: `${mlp}.up_proj`, down: `${mlp}.down_proj` };
}

/**
 * Every trained tensor of a model, in the fixed order that all flat buffers and files have:
 * embedding, blocks from first to last, final norm, head; then the vision tower and the projector.
 *
 * @see transformers, `LlamaForCausalLM` and `Mistral3ForConditionalGeneration`: names and shapes;
 *   the latter has `language_model.` before the decoder's
 */
export function parameterSpecs(config: ModelConfig): readonly ParameterSpec[] {
  const { embedDim, vocabSize, vision } = config;
  return [
    spec("model.embed_tokens", [vocabSize, embedDim], "embedding"),
    ...Array.from({ length: config.layers }, (_, layer) =>
      blockSpecs(config, decoderBlockNames(layer)),
    ).flat(),
    spec("model.norm", [embedDim], "norm"),
    spec("lm_head", [vocabSize, embedDim], "head"),
    ...(vision === undefined ? [] : visionSpecs(vision, embedDim)),
  ];
}

/** Whether a tensor belongs to the vision tower or the projector behind it. */
export function isVisionParameter(name: string): boolean {
  return name.startsWith("vision_tower.") || name.startsWith("multi_modal_projector.");
}

/** Tower and projector; `width` is the decoder's. */
function visionSpecs(vision: VisionConfig, width: number): readonly ParameterSpec[] {
  const { embedDim } = vision;
  const blocks = { ...vision, kvHeads: vision.heads };
  return [
    spec("vision_tower.patch_conv", [embedDim, 3, patchSize, patchSize], "patches"),
    spec("vision_tower.ln_pre", [embedDim], "norm"),
    ...Array.from({ length: vision.layers }, (_, layer) =>
      blockSpecs(blocks, towerBlockNames(layer)),
    ).flat(),
    spec("multi_modal_projector.norm", [embedDim], "norm"),
    spec(
      "multi_modal_projector.patch_merger.merging_layer",
      [embedDim, patchesPerToken * embedDim],
      "hidden",
    ),
    spec("multi_modal_projector.linear_1", [width, embedDim], "hidden"),
    spec("multi_modal_projector.linear_2", [width, width], "hidden"),
  ];
}

/** The tensors of one block, attention before MLP. */
function blockSpecs(
  shape: Pick<ModelConfig, "embedDim" | "mlpDim" | "heads" | "kvHeads" | "headDim">,
  names: BlockNames,
): readonly ParameterSpec[] {
  const { embedDim, mlpDim } = shape;
  const queryDim = shape.heads * shape.headDim;
  const keyDim = shape.kvHeads * shape.headDim;
  return [
    spec(names.attentionNorm, [embedDim], "norm"),
    spec(names.query, [queryDim, embedDim], "query"),
    spec(names.key, [keyDim, embedDim], "hidden"),
    spec(names.value, [keyDim, embedDim], "hidden"),
    spec(names.output, [embedDim, queryDim], "residual"),
    spec(names.mlpNorm, [embedDim], "norm"),
    spec(names.gate, [mlpDim, embedDim], "hidden"),
    spec(names.up, [mlpDim, embedDim], "hidden"),
    spec(names.down, [embedDim, mlpDim], "residual"),
  ];
}

function spec(module: string, shape: readonly number[], role: ParameterRole): ParameterSpec {
  return { name: `${module}.weight`, shape, role };
}
