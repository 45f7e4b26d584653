import type { BrokenItem, Split } from "./document.ts";

/** What a build of a data set tells while it runs; names are those of the recipe. */
export type DataEvent =
  | {
      readonly type: "dataset-start";
      readonly name: string;
      readonly recipeHash: string;
      readonly sources: readonly SourceAnnouncement[];
    }
  | {
      readonly type: "fetch-start";
      readonly packages: readonly PackageAnnouncement[];
      /** Tarballs still to be fetched whose size the recipe knows. */
      readonly sizeBytes: number;
    }
  /** Sources whose packages are there. */
  | { readonly type: "fetch-delta"; readonly done: number; readonly total: number }
  | { readonly type: "fetch-end"; readonly total: number }
  | { readonly type: "source-start"; readonly source: string }
  | {
      readonly type: "source-delta";
      readonly source: string;
      readonly documents: number;
      readonly bytes: number;
    }
  | ({
      readonly type: "source-end";
      readonly source: string;
      readonly seconds: CollectedSeconds;
    } & CollectedCounts)
  | { readonly type: "tokenizer-start"; readonly vocabSize: number }
  | {
      readonly type: "tokenizer-end";
      readonly vocabSize: number;
      readonly sampleBytes: number;
      readonly seconds: number;
    }
  | { readonly type: "tokens-start"; readonly bytes: number }
  | {
      readonly type: "tokens-delta";
      readonly source: string;
      readonly split: Split;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  | { readonly type: "tokens-end"; readonly tokens: number; readonly seconds: number }
  | {
      readonly type: "dataset-end";
      readonly folder: string;
      readonly hash: string;
      /** Nothing had changed, nothing was done. */
      readonly reused: boolean;
      /** Things worth a look that did not stop the build. */
      readonly warnings: readonly string[];
    };

/** A source before anything is read. */
export interface SourceAnnouncement {
  readonly name: string;
  readonly loss: string;
  readonly licence: string;
  readonly origin: string;
}

/** A package before it is fetched. */
export interface PackageAnnouncement {
  readonly source: string;
  readonly specifier: string;
  readonly licence: string;
  /** Of the tarball; undefined when the recipe does not say. */
  readonly sizeBytes: number | undefined;
  readonly cached: boolean;
}

/** How long the first pass over a source took. */
export interface CollectedSeconds {
  /** All of it: reading, normalising and writing beside the two below. */
  readonly total: number;
  readonly nearDuplicates: number;
  readonly contamination: number;
}

/** What came out of a source. */
export interface CollectedCounts {
  readonly documents: Readonly<Record<Split, number>>;
  /** UTF-8 bytes of the documents' text. */
  readonly bytes: Readonly<Record<Split, number>>;
  readonly duplicates: number;
  /** Removed because they nearly repeat another document. */
  readonly nearDuplicates: number;
  /** Removed from training because an evaluation item stands in them. */
  readonly contaminated: number;
  readonly broken: number;
  /** The first broken records. */
  readonly brokenItems: readonly BrokenItem[];
  readonly invalidSequences: number;
  readonly skipped: number;
}
