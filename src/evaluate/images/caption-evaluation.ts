import { Random } from "../../data/random.ts";
import { DataError } from "../../errors.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { clusteredMean, type MeanEstimate } from "../../statistics/intervals.ts";
import { groupBy } from "../group-by.ts";
import type { Caption, CaptionSet } from "./captions.ts";

/** How likely a model finds whole captions behind an image. */
export type ScoreCaptions = (
  image: ImagePixels,
  texts: readonly string[],
) => Promise<readonly CaptionLikelihood[]>;

/** A caption behind an image. */
export interface CaptionLikelihood {
  /** Natural logarithm of the probability of all its tokens, its end included. */
  readonly logProb: number;
  readonly tokens: number;
}

/** What captions are evaluated with. */
export interface CaptionEvaluation {
  readonly set: CaptionSet;
  readonly image: (number: number) => Promise<ImagePixels>;
  readonly score: ScoreCaptions;
  readonly seed: number;
  /** Captions that the right one is among. */
  readonly candidates?: number;
  /** Images of a concept that are looked at, at most. */
  readonly imagesPerConcept?: number;
  /** Concepts that are looked at, at most; all when left out. */
  readonly mostConcepts?: number;
}

/** What an image's own caption was given, and what with the image of another concept in its place. */
export interface CaptionSample extends Caption {
  /** Nats per token of the caption. */
  readonly lossNats: number;
  readonly shuffledLossNats: number;
  /** Whether the caption came first among the candidates. */
  readonly isFirst: boolean;
  readonly isFirstShuffled: boolean;
}

/** The captions of a set, image by image, and their means with intervals clustered by concept. */
export interface CaptionResults {
  readonly set: string;
  readonly concepts: number;
  readonly candidates: number;
  /** Accuracy of a choice at random. */
  readonly chance: number;
  readonly lossNats: MeanEstimate;
  readonly shuffledLossNats: MeanEstimate;
  /** Paired: by how much another image makes the caption less likely, nats per token. */
  readonly lossDifference: MeanEstimate;
  readonly retrieval: MeanEstimate;
  readonly shuffledRetrieval: MeanEstimate;
  /** Paired. */
  readonly retrievalDifference: MeanEstimate;
  readonly samples: readonly CaptionSample[];
}

/** Images that were looked at so far. */
export interface CaptionsDelta {
  readonly type: "captions-delta";
  readonly set: string;
  readonly done: number;
  readonly total: number;
}

/**
 * Evaluates a model on captions in two ways. Likelihood: the caption's loss behind its image and
 * behind the image of another concept. Retrieval: whether the right caption is first among
 * candidates of other concepts, ordered by how much the image raises their probability over a blank
 * image, so that captions that are likely anyway have no advantage (contextual calibration, Zhao et
 * al. 2021, arXiv 2102.09690).
 *
 * @throws {DataError} when the set has fewer than two concepts
 */
export async function* evaluateCaptions(
  evaluation: CaptionEvaluation,
): AsyncGenerator<CaptionsDelta, CaptionResults> {
  const { set, seed, candidates = 100, imagesPerConcept = 3, mostConcepts } = evaluation;
  const random = new Random(seed, set.captions.length);
  const concepts = random
    .shuffle(conceptsOf(set.captions, imagesPerConcept, random))
    .slice(0, mostConcepts);
  if (concepts.length < 2) {
    throw new DataError(
      `captions "${set.name}": expected at least two concepts, got ${concepts.length}; build the data set with a larger split.heldout`,
    );
  }
  const total = concepts.reduce((sum, { captions }) => sum + captions.length, 0);
  const samples: CaptionSample[] = [];
  for (const group of groupsOf(concepts, candidates)) {
    for await (const sample of scoreGroup(group, evaluation)) {
      samples.push(sample);
      yield { type: "captions-delta", set: set.name, done: samples.length, total };
    }
  }
  const size = Math.min(candidates, concepts.length);
  return {
    set: set.name,
    concepts: concepts.length,
    candidates: size,
    ...summarise(samples, size),
  };
}

/** A concept with the images of it that are looked at. */
interface Concept {
  readonly text: string;
  readonly captions: readonly Caption[];
}

function conceptsOf(captions: readonly Caption[], most: number, random: Random): Concept[] {
  const byText = groupBy(captions, ({ text }) => text);
  return [...byText].map(([text, all]) => ({
    text,
    captions: random.shuffle(all).slice(0, most),
  }));
}

/** Concepts that are candidates for one another. */
interface Group {
  /** Whose images are looked at. */
  readonly concepts: readonly Concept[];
  /** The texts of these first, then of others up to the number of candidates. */
  readonly texts: readonly string[];
}

/** Groups of nearly equal size, at least two concepts each. */
function groupsOf(concepts: readonly Concept[], candidates: number): Group[] {
  const count = Math.ceil(concepts.length / candidates);
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [i, i + 1].map((at) => Math.round((at * concepts.length) / count));
    const own = concepts.slice(start, end);
    const others = [...concepts.slice(end), ...concepts.slice(0, start)];
    const texts = [...own, ...others].slice(0, candidates).map(({ text }) => text);
    return { concepts: own, texts };
  });
}

/** The likelihood of each candidate behind one image. */
interface Row {
  readonly caption: Caption;
  /** Place of its caption among the candidates. */
  readonly own: number;
  readonly likelihoods: readonly CaptionLikelihood[];
  /** Place of the candidate that the image favours most. */
  readonly first: number;
}

async function* scoreGroup(
  { concepts, texts }: Group,
  { image, score }: CaptionEvaluation,
): AsyncGenerator<CaptionSample> {
  const blanks = new Map<string, Promise<readonly CaptionLikelihood[]>>();
  const behindBlank = (pixels: ImagePixels) => {
    const blank = blankLike(pixels);
    const key = `${blank.grid.rows}x${blank.grid.columns}`;
    const scored = blanks.get(key) ?? score(blank, texts);
    blanks.set(key, scored);
    return scored;
  };
  const rowOf = async (caption: Caption, own: number): Promise<Row> => {
    const pixels = await image(caption.image);
    const likelihoods = await score(pixels, texts);
    const blank = await behindBlank(pixels);
    const gains = likelihoods.map(({ logProb }, i) => logProb - blank[i]!.logProb);
    return { caption, own, likelihoods, first: gains.indexOf(Math.max(...gains)) };
  };
  let before: Row[] | undefined;
  let firstRows: Row[] | undefined;
  for (const [own, { captions }] of concepts.entries()) {
    const rows: Row[] = [];
    for (const caption of captions) rows.push(await rowOf(caption, own));
    // the images of each concept stand in for those of the concept after it, in a circle
    if (before !== undefined) yield* samplesOf(rows, before);
    firstRows ??= rows;
    before = rows;
  }
  yield* samplesOf(firstRows!, before!);
}

function samplesOf(rows: readonly Row[], others: readonly Row[]): CaptionSample[] {
  return rows.map(({ caption, own, likelihoods, first }, i) => {
    const other = others[i % others.length]!;
    return {
      ...caption,
      lossNats: lossOf(likelihoods[own]!),
      shuffledLossNats: lossOf(other.likelihoods[own]!),
      isFirst: first === own,
      isFirstShuffled: other.first === own,
    };
  });
}

function lossOf({ logProb, tokens }: CaptionLikelihood): number {
  return -logProb / tokens;
}

/** A white image of the same size. */
function blankLike({ grid, data }: ImagePixels): ImagePixels {
  return { grid, data: new Uint8Array(data.length).fill(255) };
}

function summarise(samples: readonly CaptionSample[], candidates: number) {
  const concepts = samples.map(({ text }) => text);
  const meanOf = (value: (sample: CaptionSample) => number) =>
    clusteredMean(samples.map(value), concepts);
  return {
    chance: 1 / candidates,
    lossNats: meanOf(({ lossNats }) => lossNats),
    shuffledLossNats: meanOf(({ shuffledLossNats }) => shuffledLossNats),
    lossDifference: meanOf(({ lossNats, shuffledLossNats }) => shuffledLossNats - lossNats),
    retrieval: meanOf(({ isFirst }) => Number(isFirst)),
    shuffledRetrieval: meanOf(({ isFirstShuffled }) => Number(isFirstShuffled)),
    retrievalDifference: meanOf(
      ({ isFirst, isFirstShuffled }) => Number(isFirst) - Number(isFirstShuffled),
    ),
    samples,
  };
}
