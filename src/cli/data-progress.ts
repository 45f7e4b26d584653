import type { CollectedSeconds, DataEvent } from "../data/data-event.ts";
import type { Context } from "./context.ts";
import { createProgress, type Progress } from "./progress.ts";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** Shows what a build of a data set does. */
export function dataProgress(context: Context): { show(event: DataEvent): void; end(): void } {
  const progress = createProgress(context, "tokenise, MB");
  return { show: (event) => showEvent(progress, event), end: () => progress.end() };
}

function showEvent(progress: Progress, event: DataEvent): void {
  if (event.type === "fetch-start") noteFetch(progress, event);
  else if (event.type === "source-end") noteSource(progress, event);
  else if (event.type === "tokenizer-end") {
    progress.note(`tokenizer: ${event.vocabSize} tokens in ${seconds(event.seconds)}`);
  } else if (event.type === "tokens-delta") {
    const { doneBytes, totalBytes, source, split } = event;
    progress.update({
      done: Math.round(doneBytes / 1e6),
      total: Math.round(totalBytes / 1e6),
      parts: { source: `${source} ${split}` },
      values: { ...event },
    });
  } else if (event.type === "tokens-end") {
    progress.note(`${event.tokens} tokens written in ${seconds(event.seconds)}`);
  } else if (event.type === "dataset-end") {
    progress.end();
    for (const warning of event.warnings) progress.note(`note: ${warning}`);
    progress.note(`${event.reused ? "unchanged" : "built"}: ${event.folder}`);
  }
}

function noteFetch(progress: Progress, event: DataEvent & { type: "fetch-start" }): void {
  const missing = event.packages.filter(({ cached }) => !cached);
  if (missing.length === 0) return;
  const known = event.sizeBytes > 0 ? `, ${megabytes(event.sizeBytes)}` : "";
  progress.note(
    `fetching ${missing.length} ${missing.length === 1 ? "package" : "packages"}${known}:`,
  );
  for (const { specifier, licence, sizeBytes } of missing) {
    const size = sizeBytes === undefined ? "size unknown" : megabytes(sizeBytes);
    progress.note(`  ${specifier} (${size}, ${licence})`);
  }
}

function noteSource(progress: Progress, event: DataEvent & { type: "source-end" }): void {
  const { documents, bytes } = event;
  const count = documents.train + documents.validation + documents.heldout;
  const size = megabytes(bytes.train + bytes.validation + bytes.heldout);
  const found = [`${event.source}: ${count} documents`, size, ...removals(event)];
  progress.note(`${found.join(", ")}, in ${timesOf(event.seconds)}`);
  for (const { item, reason } of event.brokenItems) progress.note(`  ${item}: ${reason}`);
}

/** The whole time, and what of it the filters took where that is worth a word. */
function timesOf({ total, nearDuplicates, contamination }: CollectedSeconds): string {
  if (total < 1) return seconds(total);
  const parts = `near duplicates ${seconds(nearDuplicates)}, evaluation items ${seconds(contamination)}`;
  return `${seconds(total)} (${parts})`;
}

/** What of a source was left out, and why. */
function removals(event: DataEvent & { type: "source-end" }): string[] {
  const counts = [
    [event.duplicates, "duplicates"],
    [event.nearDuplicates, "near duplicates"],
    [event.contaminated, "with evaluation items"],
    [event.broken, "broken"],
    [event.skipped, "skipped"],
  ] as const;
  return counts.flatMap(([count, name]) => (count > 0 ? [`${count} ${name} left out`] : []));
}
