import { attention, isSameGroup, maskedScore } from "../../tensor/attention.ts";
import { cast, gelu, where } from "../../tensor/elementwise.ts";
import { rmsNorm } from "../../tensor/normalisation.ts";
import { linear } from "../../tensor/products.ts";
import { rotary, rotaryTables2d } from "../../tensor/rotary.ts";
import { reshape, transpose } from "../../tensor/shapes.ts";
import { constant, scalar, type Tensor } from "../../tensor/tensor.ts";
import { type BlockWalk, type ParameterTensors, walkBlocks } from "../blocks.ts";
import { defaultRmsNormEps, defaultRopeTheta, type VisionConfig } from "../config.ts";
import { towerBlockNames } from "../parameters.ts";
import { longestPatchSide, patchesPerToken, patchLength } from "./geometry.ts";

/** Images side by side in rows of one length, as documents are in sequences. */
export interface TowerInput {
  /** [rows * rowPatches, patchLength], row after row; an image token's four patches in a line. */
  readonly patches: Tensor;
  /** [rows, rowPatches] int32: patch row * `longestPatchSide` + patch column within its image. */
  readonly positions: Tensor;
  /** [rows, rowPatches] int32: patches attend to those of their row with the same number. */
  readonly images: Tensor;
}

/**
 * Pixtral's vision tower with Mistral3's patch merger and projector.
 *
 * @param parameters - by Hugging Face name, shapes of `parameterSpecs`
 * @returns image tokens [rows * rowPatches / 4, decoder's embedDim], row after row
 * @throws {ShapeError} when a parameter does not fit the configuration
 * @see Pixtral 12B, arXiv 2410.07073; transformers, `Mistral3MultiModalProjector`
 */
export function visionTower(
  parameters: ParameterTensors,
  vision: VisionConfig,
  { patches, positions, images }: TowerInput,
): Tensor {
  const { embedDim, layers } = vision;
  const patchConv = reshape(parameters["vision_tower.patch_conv.weight"]!, [embedDim, patchLength]);
  const embedded = timeMajor(linear(patches, patchConv), images.shape[0]!);
  const rows = rmsNorm(embedded, parameters["vision_tower.ln_pre.weight"]!, defaultRmsNormEps);
  const stack = { parameters, layers, names: towerBlockNames, rmsNormEps: defaultRmsNormEps };
  const attend = imageAttention(vision, { positions, images });
  const features = walkBlocks(stack, rows, { attend });
  return project(parameters, features, images.shape[0]!);
}

/** [rows * places, n] to [places * rows, n], which makes attention's heads a plain reshape. */
function timeMajor(x: Tensor, rows: number): Tensor {
  const [count, width] = x.shape as [number, number];
  const apart = reshape(x, [rows, count / rows, width]);
  return reshape(transpose(apart, [1, 0, 2]), [count, width]);
}

/** Attention within each image, with positions in two dimensions. */
function imageAttention(
  { heads, headDim }: VisionConfig,
  { positions, images }: Pick<TowerInput, "positions" | "images">,
): BlockWalk["attend"] {
  const [rows, places] = images.shape as [number, number];
  const side = { rows: longestPatchSide, columns: longestPatchSide };
  const tables = rotaryTables2d(side, headDim, defaultRopeTheta);
  const shape = [tables.positions, tables.halfDim];
  const rotation = {
    positions: cast(reshape(transpose(positions, [1, 0]), [rows * places]), "int64"),
    cos: constant(tables.cos, shape),
    sin: constant(tables.sin, shape),
  };
  const mask = where(isSameGroup(images), scalar(0), scalar(maskedScore));
  const grouped = (x: Tensor) => reshape(x, [places, rows * heads, headDim]);
  return ({ q, k, v }) => {
    const turned = {
      q: grouped(rotary(q, rotation, heads)),
      k: grouped(rotary(k, rotation, heads)),
      v: grouped(v),
    };
    const mixed = attention(turned, mask, { scale: headDim ** -0.5, batch: rows });
    return reshape(mixed, [places * rows, heads * headDim]);
  };
}

/** Merges the patches of each image token and brings it to the decoder's width. */
function project(parameters: ParameterTensors, features: Tensor, rows: number): Tensor {
  const weight = (name: string) => parameters[`multi_modal_projector.${name}.weight`]!;
  const [patches, width] = features.shape as [number, number];
  const tokens = patches / patchesPerToken;
  const normed = rmsNorm(features, weight("norm"), defaultRmsNormEps);
  const apart = reshape(normed, [tokens / rows, patchesPerToken, rows, width]);
  // the merger's weight counts the four patches fastest, as torch's unfold gives them
  const merged = reshape(transpose(apart, [2, 0, 3, 1]), [tokens, width * patchesPerToken]);
  const hidden = gelu(
    linear(linear(merged, weight("patch_merger.merging_layer")), weight("linear_1")),
  );
  return linear(hidden, weight("linear_2"));
}
