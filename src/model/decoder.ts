import { attention } from "../tensor/attention.ts";
import { rotary, rotaryTables } from "../tensor/rotary.ts";
import { expand, reshape } from "../tensor/shapes.ts";
import { constant, type Tensor } from "../tensor/tensor.ts";
import type { ParameterTensors } from "./blocks.ts";
import type { ModelConfig } from "./config.ts";
import { type BlocksInput, decoderBlocks } from "./decoder-blocks.ts";

/** Sequences to read, all of one length. Rows are time-major: row = time * batch + sequence. */
export interface DecoderInput extends Pick<BlocksInput, "images" | "observe"> {
  /** [time * batch] int32, time-major. */
  readonly tokens: Tensor;
  readonly batch: number;
  /** Added to the attention scores: [time, time] or [batch, 1, time, time]. */
  readonly mask: Tensor;
  /** [time * batch] int64, below time: where each row stands; undefined: in its sequence's order. */
  readonly positions?: Tensor | undefined;
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
  { tokens, batch, mask, positions, images, observe }: DecoderInput,
): Tensor {
  const { heads, kvHeads, headDim } = config;
  const time = tokens.shape[0]! / batch;
  const rotation = {
    ...anglesOf(config, time),
    positions: positions ?? rowPositions(time, batch),
  };
  const attend: BlocksInput["attend"] = (projected) => {
    const q = rotary(projected.q, rotation, heads);
    const k = rotary(projected.k, rotation, kvHeads);
    const grouped = {
      q: reshape(q, [time, batch * heads, headDim]),
      k: repeatHeads(k, config, { time, batch }),
      v: repeatHeads(projected.v, config, { time, batch }),
    };
    const mixed = attention(grouped, mask, { scale: headDim ** -0.5, batch });
    return reshape(mixed, [time * batch, heads * headDim]);
  };
  return decoderBlocks(parameters, config, { tokens, images, attend, observe });
}

/** Angles of positions 0 to time - 1. */
function anglesOf({ headDim, ropeTheta }: ModelConfig, time: number) {
  const tables = rotaryTables(time, headDim, ropeTheta);
  const shape = [tables.positions, tables.halfDim];
  return { cos: constant(tables.cos, shape), sin: constant(tables.sin, shape) };
}

/** Each time-major row's position. */
function rowPositions(time: number, batch: number): Tensor {
  const positions = Float32Array.from({ length: time * batch }, (_, row) =>
    Math.floor(row / batch),
  );
  return constant(positions, [time * batch], "int64");
}

/** Each key head serves `heads / kvHeads` query heads. @see GQA, arXiv 2305.13245 */
function repeatHeads(
  rows: Tensor,
  { heads, kvHeads, headDim }: ModelConfig,
  { time, batch }: { readonly time: number; readonly batch: number },
): Tensor {
  const repeats = heads / kvHeads;
  const grouped = reshape(rows, [time, batch * kvHeads, 1, headDim]);
  const repeated = expand(grouped, [time, batch * kvHeads, repeats, headDim]);
  return reshape(repeated, [time, batch * heads, headDim]);
}
