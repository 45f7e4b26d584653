import type { Manifest } from "../data/manifest.ts";
import type { CaptionResults } from "../evaluate/images/caption-evaluation.ts";
import type { CaptionedSet } from "../evaluate/images/image-evaluation.ts";
import type { PoemExample } from "../evaluate/images/poem-examples.ts";
import type { PairedAccuracy } from "../evaluate/images/visual-questions.ts";
import { imageDataUrl } from "../model/image/data-url.ts";
import type { Interval, MeanEstimate } from "../statistics/intervals.ts";
import { type HtmlPart, html, htmlTable, type SafeHtml } from "./html.ts";
import { formatLoss, formatPercent, formatRange } from "./number-format.ts";
import { htmlSection } from "./page.ts";

/** An image with what the model wrote about it, as a page shows it. */
export interface CaptionedImage {
  /** A `data:` URL: a page loads nothing from elsewhere. */
  readonly url: string;
  readonly written: string;
  /** What its source calls it. */
  readonly expected: string;
  /** Source and licence. */
  readonly credit: string;
}

/** A set of captions: measured, and some written. */
export interface CaptionedSetData extends Omit<CaptionResults, "samples"> {
  readonly images: readonly CaptionedImage[];
}

/** A measured set as a page shows it: each image with the credit that its licence asks for. */
export async function captionedSetData(
  { samples: _, examples, ...results }: CaptionedSet,
  { sources }: Pick<Manifest, "sources">,
): Promise<CaptionedSetData> {
  const images = examples.map(async ({ pixels, written, text, source }) => {
    const { origin = "", licence = "" } = sources.find(({ name }) => name === source) ?? {};
    const url = await imageDataUrl(pixels);
    return { url, written, expected: text, credit: `${origin}, ${licence}` };
  });
  return { ...results, images: await Promise.all(images) };
}

/** A poem with its picture, as a page shows it. */
export interface PoemData extends Omit<PoemExample, "pixels"> {
  /** A `data:` URL. */
  readonly url: string;
}

/** A poem as a page shows it. */
export async function poemData({ pixels, ...poem }: PoemExample): Promise<PoemData> {
  return { ...poem, url: await imageDataUrl(pixels) };
}

const isNumber = true;

/** Captions of images that training has not seen: their numbers, then images with what was written. */
export function captionSection(sets: readonly CaptionedSetData[]): SafeHtml {
  const percent = (rate: number) => formatPercent(rate);
  const measures: readonly (readonly [string, (set: CaptionedSetData) => HtmlPart])[] = [
    ["Concepts", ({ concepts }) => concepts],
    ["Caption loss behind its image (nats per token)", (set) => formatLoss(set.lossNats.mean)],
    ["Behind the image of another concept", (set) => formatLoss(set.shuffledLossNats.mean)],
    ["Difference", (set) => withInterval(set.lossDifference, formatLoss)],
    ["Candidates", ({ candidates }) => candidates],
    ["Right caption first among them", (set) => withInterval(set.retrieval, percent)],
    ["With the image of another concept", (set) => percent(set.shuffledRetrieval.mean)],
    ["Difference", (set) => withInterval(set.retrievalDifference, percent)],
    ["Chance", ({ chance }) => percent(chance)],
  ];
  const table = htmlTable(
    "Captions and images (means with 95 % intervals, clustered by concept)",
    [{ heading: "Measure" }, ...sets.map(({ set }) => ({ heading: set, isNumber }))],
    measures.map(([name, shown]) => [name, ...sets.map(shown)]),
  );
  const galleries = sets.map(
    ({ set, images }) => html`<h3>${set}</h3>
<div class="gallery">${images.map(captionedImage)}</div>`,
  );
  const note = html`<p>What the model wrote, chosen by seed and not by quality; below it what the image is called.</p>`;
  return htmlSection("captions", "Images it has not seen", [table, note, ...galleries]);
}

function captionedImage({ url, written, expected, credit }: CaptionedImage): SafeHtml {
  return html`<figure><img src="${url}" alt="${expected}" width="96" height="96">
<figcaption><b>${written}</b><br>${expected}<br><small>${credit}</small></figcaption></figure>`;
}

/** Poems that a model wrote to a picture and two words, with what they miss. */
export function poemSection(poems: readonly PoemData[]): SafeHtml {
  const note = html`<p>Asked with a picture and two words, neither seen together in training; the first questions of the test, not the best. What a poem misses stands below it.</p>`;
  const figures = poems.map(
    ({
      url,
      asked,
      written,
      fault,
    }) => html`<figure><img src="${url}" alt="" width="96" height="96">
<figcaption>${asked}<br><b class="verses">${written}</b><br><small>${fault}</small></figcaption></figure>`,
  );
  return htmlSection("poems", "A poem to a picture and two words", [
    note,
    html`<div class="gallery">${figures}</div>`,
  ]);
}

/** How two models answered questions about images, by task and difficulty. */
export function comparisonTable(rows: readonly PairedAccuracy[]): SafeHtml {
  return htmlTable(
    "Questions about images: the model against the baseline, paired by question (95 % intervals)",
    [
      { heading: "Task" },
      ...["Difficulty", "Questions", "Accuracy", "Baseline", "Difference"].map((heading) => ({
        heading,
        isNumber,
      })),
    ],
    rows.map(({ task, difficulty, n, accuracy, baselineAccuracy, difference }) => [
      task,
      difficulty,
      n,
      formatPercent(accuracy),
      formatPercent(baselineAccuracy),
      withInterval(difference, (rate) => formatPercent(rate)),
    ]),
  );
}

/** A mean with its interval. */
function withInterval(
  { mean, interval }: Pick<MeanEstimate, "mean"> & { readonly interval: Interval },
  format: (value: number) => string,
): HtmlPart {
  return `${format(mean)} (${formatRange(interval.low, interval.high, format)})`;
}
