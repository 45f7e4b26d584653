/** A piece of text as a source gives it: decoded, not yet normalised. */
export interface Document {
  readonly id: string;
  readonly source: string;
  readonly text: string;
  /** Chats: marker strings such as `<|im_start|>` become special tokens. */
  readonly hasSpecialTokens: boolean;
}

/** What a source met on the way; it counts while it is read. */
export interface SourceCounts {
  /** Byte sequences that were not UTF-8; each became U+FFFD. */
  invalidSequences: number;
  /** Files or lines left out: binary, or chats that contain marker strings. */
  skipped: number;
}

/** Where documents go. */
export type Split = "train" | "validation" | "heldout";

/** The splits in the order they are written. */
export const splits: readonly Split[] = ["train", "validation", "heldout"];
