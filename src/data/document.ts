import type { ImageGrid } from "../model/image/geometry.ts";

/** An image in the data set's store. */
export interface StoredImage {
  readonly number: number;
  /** Of its pixels, as the model sees them. */
  readonly hash: string;
  readonly grid: ImageGrid;
  /** Number of the first image that it nearly repeats; its own when there is none. */
  readonly cluster: number;
}

/** A piece of text as a source gives it: decoded, not yet normalised. */
export interface Document {
  readonly id: string;
  readonly source: string;
  readonly text: string;
  /** Chats: marker strings such as `<|im_start|>` become special tokens. */
  readonly hasSpecialTokens: boolean;
  /** One for each mark `[IMG]` in the text, in order; the text then has special tokens. */
  readonly images?: readonly StoredImage[];
  /** Documents of one key lie in one split; the text when left out. */
  readonly splitKey?: string;
}

/** A record of a source that could not be used. */
export interface BrokenItem {
  readonly item: string;
  readonly reason: string;
}

/** What a source met on the way; it counts while it is read. */
export interface SourceCounts {
  /** Byte sequences that were not UTF-8; each became U+FFFD. */
  invalidSequences: number;
  /** Files or lines left out: binary, or chats that contain marker strings. */
  skipped: number;
  /** Records left out because they or their images are broken. */
  readonly broken: BrokenItem[];
}

/** Where documents go. */
export type Split = "train" | "validation" | "heldout";

/** The splits in the order they are written. */
export const splits: readonly Split[] = ["train", "validation", "heldout"];
