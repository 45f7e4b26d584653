import { causalMask, isSameGroup, maskedScore } from "../tensor/attention.ts";
import { and, where } from "../tensor/elementwise.ts";
import { linearCrossEntropy } from "../tensor/losses.ts";
import { constant, scalar, type Tensor } from "../tensor/tensor.ts";
import type { ParameterTensors } from "./blocks.ts";
import type { ModelConfig } from "./config.ts";
import { decoder } from "./decoder.ts";
import { type TowerInput, visionTower } from "./image/tower.ts";

/** Sequences with the token that follows each position. Rows are time-major. */
export interface LossInput {
  /** [time * batch] int32 */
  readonly tokens: Tensor;
  /** [time * batch] int32; `ignoredTarget` where no loss is wanted. */
  readonly targets: Tensor;
  /** [batch, time] int32, the document that each position belongs to; undefined: one document. */
  readonly documents: Tensor | undefined;
  readonly batch: number;
  readonly images?: ImageInput | undefined;
}

/** Images of the sequences; the model must have a vision tower. */
export interface ImageInput extends TowerInput {
  /** [time * batch] int32, time-major: which of the tower's rows stands at a position. */
  readonly places: Tensor;
}

/**
 * Cross-entropy of each position's next token.
 *
 * @returns [time * batch], time-major, in nats; 0 where the target is ignored
 */
export function languageLoss(
  parameters: ParameterTensors,
  config: ModelConfig,
  { tokens, targets, documents, batch, images }: LossInput,
): Tensor {
  const time = tokens.shape[0]! / batch;
  const mask =
    documents === undefined ? constant(causalMask(time), [time, time]) : documentMask(documents);
  const embedded = images && {
    features: visionTower(parameters, config.vision!, images),
    places: images.places,
  };
  const hidden = decoder(parameters, config, { tokens, batch, mask, images: embedded });
  return linearCrossEntropy(hidden, parameters["lm_head.weight"]!, targets);
}

/**
 * Mask under which a position sees itself and earlier positions of its own document.
 *
 * @param documents - [batch, time] int32
 * @returns [batch, 1, time, time]: 0 or `maskedScore`
 */
export function documentMask(documents: Tensor): Tensor {
  const time = documents.shape[1]!;
  const isEarlier = constant(
    Uint8Array.from({ length: time * time }, (_, i) => Number(i % time <= Math.floor(i / time))),
    [time, time],
    "bool",
  );
  return where(and(isSameGroup(documents), isEarlier), scalar(0), scalar(maskedScore));
}
