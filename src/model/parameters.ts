import type { ModelConfig } from "./config.ts";

/**
 * What a tensor does, which decides how it is initialised and how fast it learns:
 * `residual` tensors write into the residual stream (o_proj, down_proj), `query` is q_proj,
 * `hidden` are the other matrices of a block.
 */
type ParameterRole = "embedding" | "norm" | "query" | "hidden" | "residual" | "head";

/** One trained tensor. */
export interface ParameterSpec {
  /** The name that Hugging Face's Llama has for it, e.g. `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  /** [features] for a norm, [out, in] for a matrix. */
  readonly shape: readonly number[];
  readonly role: ParameterRole;
}

/**
 * Every trained tensor of a model, in the fixed order that all flat buffers and files have:
 * embedding, blocks from first to last, final norm, head.
 *
 * @see transformers, `LlamaForCausalLM`: names and shapes
 */
export function parameterSpecs(config: ModelConfig): readonly ParameterSpec[] {
  const { embedDim, vocabSize } = config;
  return [
    spec("model.embed_tokens", [vocabSize, embedDim], "embedding"),
    ...Array.from({ length: config.layers }, (_, layer) => blockSpecs(config, layer)).flat(),
    spec("model.norm", [embedDim], "norm"),
    spec("lm_head", [vocabSize, embedDim], "head"),
  ];
}

/** The tensors of one block, attention before MLP. */
function blockSpecs(config: ModelConfig, layer: number): readonly ParameterSpec[] {
  const { embedDim, mlpDim } = config;
  const queryDim = config.heads * config.headDim;
  const keyDim = config.kvHeads * config.headDim;
  const block = `model.layers.${layer}`;
  return [
    spec(`${block}.input_layernorm`, [embedDim], "norm"),
    spec(`${block}.self_attn.q_proj`, [queryDim, embedDim], "query"),
    spec(`${block}.self_attn.k_proj`, [keyDim, embedDim], "hidden"),
    spec(`${block}.self_attn.v_proj`, [keyDim, embedDim], "hidden"),
    spec(`${block}.self_attn.o_proj`, [embedDim, queryDim], "residual"),
    spec(`${block}.post_attention_layernorm`, [embedDim], "norm"),
    spec(`${block}.mlp.gate_proj`, [mlpDim, embedDim], "hidden"),
    spec(`${block}.mlp.up_proj`, [mlpDim, embedDim], "hidden"),
    spec(`${block}.mlp.down_proj`, [embedDim, mlpDim], "residual"),
  ];
}

function spec(module: string, shape: readonly number[], role: ParameterRole): ParameterSpec {
  return { name: `${module}.weight`, shape, role };
}
