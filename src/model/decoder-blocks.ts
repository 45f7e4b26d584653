import { equal, where } from "../tensor/elementwise.ts";
import { gather } from "../tensor/indexing.ts";
import { rmsNorm } from "../tensor/normalisation.ts";
import { reshape } from "../tensor/shapes.ts";
import { constant, type Tensor } from "../tensor/tensor.ts";
import { type BlockWalk, type ParameterTensors, walkBlocks } from "./blocks.ts";
import type { ModelConfig } from "./config.ts";
import { decoderBlockNames } from "./parameters.ts";
import { specialTokens } from "./text/special-tokens.ts";

/** Images that stand among the tokens. */
export interface EmbeddedImages {
  /** [imageTokens, embedDim]: rows in the place of embeddings. */
  readonly features: Tensor;
  /** [rows] int32: which feature is a row's; read where the token is `[IMG]`. */
  readonly places: Tensor;
}

/** What the decoder reads. */
export interface BlocksInput extends BlockWalk {
  /** [rows] int32; which row is which token is the attention's matter alone. */
  readonly tokens: Tensor;
  readonly images?: EmbeddedImages | undefined;
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
  { tokens, images, attend, observe }: BlocksInput,
): Tensor {
  const { layers, rmsNormEps } = config;
  const imageToken = config.vision?.imageToken ?? specialTokens.image;
  const embedded = gather(parameters["model.embed_tokens.weight"]!, tokens);
  const rows =
    images === undefined ? embedded : placeImages(embedded, tokens, { ...images, imageToken });
  const stack = { parameters, layers, names: decoderBlockNames, rmsNormEps };
  const hidden = walkBlocks(stack, rows, { attend, observe });
  return rmsNorm(hidden, parameters["model.norm.weight"]!, rmsNormEps);
}

/** Rows of images in the place of the embedding of `[IMG]`. */
function placeImages(
  embedded: Tensor,
  tokens: Tensor,
  { features, places, imageToken }: EmbeddedImages & { readonly imageToken: number },
): Tensor {
  const image = constant(Int32Array.of(imageToken), [1], "int32");
  const isImage = reshape(equal(tokens, image), [tokens.shape[0]!, 1]);
  return where(isImage, gather(features, places), embedded);
}
