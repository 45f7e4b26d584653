import { patchLength } from "../model/image/geometry.ts";
import { writePatches } from "../model/image/patches.ts";
import type { ImageInput } from "../model/language-loss.ts";
import { elementCount } from "../tensor/dtype.ts";
import type { Buffer, Runtime } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import type { ImageRows } from "./image-rows.ts";
import { timeMajorParts } from "./time-major.ts";

/** Shape of what a graph reads of images. */
export interface ImageInputShape {
  readonly batchSize: number;
  readonly seqLen: number;
  readonly parts: number;
  /** Rows of each part; 0: none. */
  readonly imageRows: number;
  readonly rowPatches: number;
}

/** Buffers behind the inputs of `imageInputs`. */
export type ImageBuffers = Readonly<Record<keyof ImageInput, Buffer>>;

/** The inputs of a graph that are its images; undefined when it has none. */
export function imageInputs(shape: ImageInputShape): ImageInput | undefined {
  const { batchSize, seqLen, parts, imageRows, rowPatches } = shape;
  if (imageRows === 0) return undefined;
  const rows = parts * imageRows;
  return {
    patches: input("patches", "float32", [rows * rowPatches, patchLength]),
    positions: input("positions", "int32", [rows, rowPatches]),
    images: input("images", "int32", [rows, rowPatches]),
    places: input("places", "int32", [batchSize * seqLen]),
  };
}

/** Memory for them, by the names of the inputs; undefined when there are none. */
export function imageBuffers(runtime: Runtime, shape: ImageInputShape): ImageBuffers | undefined {
  const inputs = imageInputs(shape);
  return (
    inputs && {
      patches: runtime.allocate("float32", inputs.patches.shape),
      positions: runtime.allocate("int32", inputs.positions.shape),
      images: runtime.allocate("int32", inputs.images.shape),
      places: runtime.allocate("int32", inputs.places.shape),
    }
  );
}

/** Writes a batch's images where the graph reads them; patches that are padding stay as they are. */
export async function writeImages(
  buffers: ImageBuffers,
  rows: ImageRows,
  shape: ImageInputShape,
): Promise<void> {
  const { patches } = buffers;
  const host =
    (patches.data as Float32Array | undefined) ?? new Float32Array(elementCount(patches.shape));
  for (const { pixels, first } of rows.placed) writePatches(pixels, host, first);
  if (patches.data === undefined) await patches.write(host);
  await buffers.positions.write(rows.positions);
  await buffers.images.write(rows.images);
  await buffers.places.write(timeMajorParts(rows.places, shape));
}
