import {
  gridPatches,
  type ImageGrid,
  longestPatchSide,
  mergeSize,
  patchesPerToken,
  patchLength,
  patchSize,
  tokenSide,
} from "./geometry.ts";
import type { ImagePixels } from "./pixels.ts";

/** Where each patch of an image stands, in patches from its top left corner. */
export interface PatchPositions {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/**
 * Positions of a grid's patches in the order of `writePatches`: image tokens row by row, and in each
 * token its four patches row by row.
 */
export function patchPositions({ rows, columns }: ImageGrid): PatchPositions {
  const count = gridPatches({ rows, columns });
  const positions = { rows: new Int32Array(count), columns: new Int32Array(count) };
  for (let patch = 0; patch < count; patch++) {
    const token = Math.floor(patch / patchesPerToken);
    const within = patch % patchesPerToken;
    positions.rows[patch] =
      mergeSize * Math.floor(token / columns) + Math.floor(within / mergeSize);
    positions.columns[patch] = mergeSize * (token % columns) + (within % mergeSize);
  }
  return positions;
}

/** The same as one number each: row * `longestPatchSide` + column, as `TowerInput` has them. */
export function patchPlaces(grid: ImageGrid): Int32Array {
  const { rows, columns } = patchPositions(grid);
  return rows.map((row, patch) => row * longestPatchSide + columns[patch]!);
}

/**
 * Writes an image's patches as the vision tower reads them: in each patch red, then green, then
 * blue, row by row (the order of `patch_conv`'s weight), values from -1 to 1.
 *
 * @param target - rows of `patchLength`; `gridPatches` of them are written from `firstRow` on
 */
export function writePatches(pixels: ImagePixels, target: Float32Array, firstRow: number): void {
  const { grid, data } = pixels;
  const lineBytes = grid.columns * tokenSide * 3;
  const positions = patchPositions(grid);
  for (let patch = 0; patch < positions.rows.length; patch++) {
    const corner = (positions.rows[patch]! * lineBytes + positions.columns[patch]! * 3) * patchSize;
    const start = (firstRow + patch) * patchLength;
    for (let y = 0; y < patchSize; y++) {
      const at = start + y * patchSize;
      let from = corner + y * lineBytes;
      for (let x = 0; x < patchSize; x++, from += 3) {
        target[at + x] = values[data[from]!]!;
        target[at + x + planeLength] = values[data[from + 1]!]!;
        target[at + x + 2 * planeLength] = values[data[from + 2]!]!;
      }
    }
  }
}

/** What the tower reads for each byte of a pixel. */
const values = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
const planeLength = patchSize ** 2;
