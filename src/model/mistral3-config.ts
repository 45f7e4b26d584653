import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "./config.ts";
import { longestPixelSide, mergeSize, patchSize } from "./image/geometry.ts";
import {
  checkShape,
  type FolderConfig,
  llamaFields,
  only,
  readLlamaConfig,
} from "./llama-config.ts";
import { readMistralConfig } from "./mistral-config.ts";
import type { VisionModelConfig } from "./stored-names.ts";
import { specialTokens } from "./text/special-tokens.ts";

/**
 * The fields of a Mistral3's `config.json`: a Llama behind a Pixtral tower.
 *
 * @throws {CheckpointError} for a shape that `checkConfig` refuses, such as a tower with another
 *   `rmsNormEps` than 1e-5
 */
export function mistral3Fields(config: VisionModelConfig, tokenIds: object): object {
  const { vision } = config;
  checkShape("config.json", config);
  return {
    architectures: ["Mistral3ForConditionalGeneration"],
    model_type: "mistral3",
    image_token_index: vision.imageToken ?? specialTokens.image,
    projector_hidden_act: "gelu",
    multimodal_projector_bias: false,
    spatial_merge_size: mergeSize,
    vision_feature_layer: -1,
    tie_word_embeddings: false,
    text_config: llamaFields(config, tokenIds),
    vision_config: {
      model_type: "pixtral",
      hidden_size: vision.embedDim,
      intermediate_size: vision.mlpDim,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      head_dim: vision.headDim,
      hidden_act: "silu",
      attention_dropout: 0,
      num_channels: 3,
      patch_size: patchSize,
      image_size: longestPixelSide,
      rope_parameters: { rope_type: "axial", rope_theta: defaultRopeTheta },
      initializer_range: 0.02,
    },
  };
}

const positive = z.int().min(1);

/** What is read of a Pixtral tower; the defaults are those of transformers, whose activation is GELU. */
const visionConfig = z.looseObject({
  model_type: only("pixtral"),
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  head_dim: positive.nullish(),
  hidden_act: only("silu"),
  num_channels: only(3).default(3),
  patch_size: only(patchSize).default(patchSize),
  rope_theta: only(defaultRopeTheta).nullish(), // where transformers 4 has it
  rope_parameters: z
    .looseObject({
      rope_type: z.enum(["axial", "default"]).optional(),
      rope_theta: only(defaultRopeTheta).optional(),
    })
    .nullish(),
});

const mistral3Config = z.looseObject({
  image_token_index: z.int().min(0).default(10), // as transformers has it
  projector_hidden_act: only("gelu").default("gelu"),
  multimodal_projector_bias: only(false).default(false),
  spatial_merge_size: only(mergeSize).default(mergeSize),
  vision_feature_layer: only(-1).default(-1),
  tie_word_embeddings: z.boolean().optional(),
  text_config: z.looseObject({
    model_type: z
      .enum(["llama", "mistral"], {
        error: ({ input }) => `expected llama or mistral, got ${JSON.stringify(input) ?? "none"}`,
      })
      .default("mistral"),
    rms_norm_eps: only(defaultRmsNormEps), // the projector's as well
  }),
  vision_config: visionConfig,
});

/**
 * Reads the shape of a Llama behind a Pixtral tower from a Mistral3's parsed `config.json`. The
 * longest side of images stands elsewhere: `readLongestSide`.
 *
 * @param path - of the file, for messages
 * @throws {CheckpointError} for another text or vision model, biases, another activation, RoPE,
 *   size of patches or merger
 */
export function readMistral3Config(path: string, content: unknown): FolderConfig {
  const parsed = mistral3Config.safeParse(content);
  if (!parsed.success) {
    throw new CheckpointError(
      `${path}: not a Mistral3 that can be loaded here (a Llama behind a Pixtral tower):\n` +
        z.prettifyError(parsed.error),
      { cause: parsed.error },
    );
  }
  const { text_config, vision_config, tie_word_embeddings, image_token_index } = parsed.data;
  const readText = text_config.model_type === "llama" ? readLlamaConfig : readMistralConfig;
  const text = readText(`${path}: text_config`, text_config);
  const { hidden_size, num_attention_heads, head_dim } = vision_config;
  const vision = {
    embedDim: hidden_size,
    layers: vision_config.num_hidden_layers,
    heads: num_attention_heads,
    headDim: head_dim ?? Math.floor(hidden_size / num_attention_heads),
    mlpDim: vision_config.intermediate_size,
    longestSide: longestPixelSide,
    ...(image_token_index !== specialTokens.image && { imageToken: image_token_index }),
  };
  const model: ModelConfig = { ...text.model, vision };
  checkShape(path, model);
  return { ...text, model, isHeadTied: tie_word_embeddings ?? text.isHeadTied };
}
