import type { PairedAccuracy } from "../evaluate/images/visual-questions.ts";
import { html } from "./html.ts";
import { type CaptionedSetData, captionSection, comparisonTable } from "./image-section.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** What `foretoken measure images` found, as its page shows it. */
export interface ImageReportData {
  readonly model: string;
  readonly baseline: string | undefined;
  readonly dataset: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly command: string;
  readonly codeVersion: string;
  readonly sets: readonly CaptionedSetData[];
  readonly comparison: readonly PairedAccuracy[];
}

/** The page of a model's understanding of images, without external resources. */
export function imageReport(data: ImageReportData): string {
  const questions =
    data.comparison.length === 0
      ? undefined
      : htmlSection("questions", "Questions about images", [
          html`<p>The baseline, ${data.baseline ?? "none"}, is asked the same questions.</p>`,
          comparisonTable(data.comparison),
        ]);
  const body = html`${data.sets.length === 0 ? undefined : captionSection(data.sets)}
${questions}
${htmlSection(
  "reproduce",
  "Reproduce",
  html`<p>Made by <code>${data.command}</code> with Foretoken ${data.codeVersion}, data set <code>${data.dataset}</code>.</p>`,
)}`;
  return htmlPage(`Images: ${data.model}`, data.createdAt.slice(0, 10), body);
}
