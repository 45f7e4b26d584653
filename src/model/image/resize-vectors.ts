import type { ImageGrid } from "./geometry.ts";

/** Sizes and the grids that every implementation of the resize rule must give. */
export const resizeVectors: readonly {
  readonly width: number;
  readonly height: number;
  readonly grid: ImageGrid;
}[] = [
  // these fit already
  { width: 96, height: 96, grid: { rows: 3, columns: 3 } },
  { width: 128, height: 64, grid: { rows: 2, columns: 4 } },
  { width: 32, height: 256, grid: { rows: 8, columns: 1 } },
  { width: 1024, height: 1024, grid: { rows: 32, columns: 32 } },
  // rounded to the nearest, a half up
  { width: 272, height: 239, grid: { rows: 7, columns: 9 } },
  { width: 100, height: 111, grid: { rows: 3, columns: 3 } },
  { width: 112, height: 113, grid: { rows: 4, columns: 4 } },
  { width: 640, height: 480, grid: { rows: 15, columns: 20 } },
  // scaled down
  { width: 4032, height: 3024, grid: { rows: 24, columns: 32 } },
  { width: 1025, height: 512, grid: { rows: 16, columns: 32 } },
  { width: 512, height: 2048, grid: { rows: 32, columns: 8 } },
  // scaled up
  { width: 1, height: 1, grid: { rows: 3, columns: 3 } },
  { width: 64, height: 64, grid: { rows: 3, columns: 3 } },
  { width: 72, height: 72, grid: { rows: 3, columns: 3 } },
  { width: 20, height: 10, grid: { rows: 2, columns: 4 } },
  { width: 30, height: 20, grid: { rows: 2, columns: 4 } },
  { width: 72, height: 65, grid: { rows: 3, columns: 3 } },
  { width: 11, height: 33, grid: { rows: 5, columns: 2 } },
  { width: 33, height: 11, grid: { rows: 2, columns: 5 } },
  // thin
  { width: 4000, height: 1, grid: { rows: 1, columns: 32 } },
  { width: 100, height: 1, grid: { rows: 1, columns: 8 } },
  { width: 100_000, height: 3, grid: { rows: 1, columns: 32 } },
  { width: 1024, height: 1, grid: { rows: 1, columns: 32 } },
  { width: 3, height: 100_000, grid: { rows: 32, columns: 1 } },
];
