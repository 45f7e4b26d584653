import type { EmbeddedImages } from "../model/decoder-blocks.ts";
import { constant, input } from "../tensor/tensor.ts";

/**
 * A graph's input `features` [rows, width]: each row's own, read where its token is `[IMG]`.
 *
 * @param width - the decoder's
 */
export function featureInput(rows: number, width: number): EmbeddedImages {
  const places = Int32Array.from({ length: rows }, (_, row) => row);
  return {
    features: input("features", "float32", [rows, width]),
    places: constant(places, [rows], "int32"),
  };
}
