/** Side of a square patch in pixels: what the tower reads as one vector (Pixtral). */
export const patchSize = 16;

/** Patches along each side that are merged into one image token. */
export const mergeSize = 2;

/** Side of the square that one image token stands for, in pixels. */
export const tokenSide = patchSize * mergeSize;

/** Patches along a side at most: what the tower has positions for (1,024 pixels, Pixtral). */
export const longestPatchSide = 64;

/** The same in image tokens. */
export const longestTokenSide = longestPatchSide / mergeSize;

/** The same in pixels. */
export const longestPixelSide = longestPatchSide * patchSize;

/** Patches of one image token. */
export const patchesPerToken = mergeSize * mergeSize;

/** Numbers of one patch: three colours of `patchSize` x `patchSize` pixels. */
export const patchLength = 3 * patchSize * patchSize;

/** Size of an image in image tokens. */
export interface ImageGrid {
  readonly rows: number;
  readonly columns: number;
}

/** Image tokens of a grid, breaks not counted. */
export function gridTokens({ rows, columns }: ImageGrid): number {
  return rows * columns;
}

/** Patches of a grid. */
export function gridPatches(grid: ImageGrid): number {
  return patchesPerToken * gridTokens(grid);
}

/** Positions that an image takes in a text: its tokens, and a break or the end after each row. */
export function gridPositions({ rows, columns }: ImageGrid): number {
  return rows * (columns + 1);
}
