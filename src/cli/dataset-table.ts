import type { Manifest, SourceManifest } from "../data/manifest.ts";
import { formatCount } from "./number-format.ts";
import { textTable } from "./text-table.ts";

/** The make-up of a data set, a line for each source. */
export function datasetTable(manifest: Manifest): string {
  const right = "right" as const;
  const columns = [
    { title: "source" },
    { title: "loss" },
    { title: "share", align: right },
    { title: "documents", align: right },
    { title: "left out", align: right },
    { title: "images", align: right },
    { title: "train tokens", align: right },
    { title: "held-out tokens", align: right },
    { title: "licence" },
  ];
  const rows = manifest.sources.map((source) => [
    source.name,
    source.loss,
    source.heldoutOnly ? "measured" : `${(100 * source.weight).toFixed(1)}%`,
    formatCount(source.documents.train + source.documents.validation + source.documents.heldout),
    formatCount(leftOut(source)),
    formatCount(source.images.train + source.images.validation + source.images.heldout),
    formatCount(source.tokens.train),
    formatCount(source.tokens.heldout),
    source.licence,
  ]);
  return textTable(columns, rows);
}

/** Documents that were there and are not in the data set. */
function leftOut(source: SourceManifest): number {
  const { duplicates, nearDuplicates, contaminated, broken, skipped } = source;
  return duplicates + nearDuplicates + contaminated + broken + skipped;
}
