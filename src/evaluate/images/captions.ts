import type { Dataset } from "../../data/dataset.ts";
import type { Split } from "../../data/document.ts";
import type { StreamDocument } from "../../data/token-stream.ts";
import { gridPositions } from "../../model/image/geometry.ts";

/** An image with what it is called. */
export interface Caption {
  /** Number in the data set's image store. */
  readonly image: number;
  /** The text; images of one text show one concept. */
  readonly text: string;
  /** The source that has it. */
  readonly source: string;
}

/** Captions that training has not seen, by what is new in them. */
export interface CaptionSet {
  /** Such as `new style: twemoji` or `never seen`. */
  readonly name: string;
  readonly captions: readonly Caption[];
}

/** The set of images whose concepts training has seen in no style. */
export const neverSeen = "never seen in any style";

/**
 * The held-out captions of a data set: for each source that is only measured, images of concepts
 * that training has in other styles; and, over all sources, images whose concepts training never
 * had. Generated images have questions of their own and are left out. A caption is a document of
 * one image with one line of text behind it; of several for one image the first counts. A set of one
 * concept has nothing to choose among and is left out.
 */
export async function captionSets(dataset: Dataset): Promise<CaptionSet[]> {
  const sources = dataset.manifest.sources.filter(({ isGenerated }) => !isGenerated);
  const known = new Set<string>();
  for (const { name } of sources) {
    for await (const { text } of captionsOf(dataset, "train", name)) known.add(text);
  }
  const sets: CaptionSet[] = [];
  const unknown = new Map<number, Caption>();
  for (const { name, heldoutOnly } of sources) {
    const seenElsewhere = new Map<number, Caption>();
    for await (const caption of captionsOf(dataset, "heldout", name)) {
      const found = known.has(caption.text) ? seenElsewhere : unknown;
      if (!found.has(caption.image)) found.set(caption.image, caption);
    }
    const captions = [...seenElsewhere.values()];
    if (heldoutOnly) sets.push({ name: `new style: ${name}`, captions });
  }
  sets.push({ name: neverSeen, captions: [...unknown.values()] });
  return sets.filter(({ captions }) => new Set(captions.map(({ text }) => text)).size > 1);
}

async function* captionsOf(
  dataset: Dataset,
  split: Split,
  source: string,
): AsyncGenerator<Caption> {
  for await (const document of dataset.imageDocuments(split, source)) {
    const caption = captionIn(dataset, document);
    if (caption !== undefined) yield { ...caption, source };
  }
}

function captionIn(
  dataset: Dataset,
  { tokens, images }: StreamDocument,
): Omit<Caption, "source"> | undefined {
  const [placed, another] = images;
  if (placed === undefined || another !== undefined || placed.offset !== 1) return undefined;
  const { image } = placed;
  const behind = tokens.subarray(placed.offset + gridPositions(dataset.imageGrid(image)));
  const text = dataset.tokenizer.decode([...behind], { skipSpecial: true });
  return text === "" || text.includes("\n") ? undefined : { image, text };
}
