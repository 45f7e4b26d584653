import { z } from "zod";

/** Files of an image store, in a data set's folder. */
export const imageFiles = { pixels: "images.bin", index: "images.json" } as const;

const imageRecordSchema = z.object({
  hash: z.string(),
  /** Of its deflated pixels in `images.bin`. */
  offset: z.number(),
  length: z.number(),
  rows: z.number(),
  columns: z.number(),
});

/** What `images.json` holds: the images in the order of their numbers. */
export const imageIndexSchema = z.array(imageRecordSchema);

/** One image of a store. */
export type ImageRecord = z.output<typeof imageRecordSchema>;
