import { Random } from "../../data/random.ts";
import { DataError } from "../../errors.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { clusteredMean, type MeanEstimate } from "../../statistics/intervals.ts";
import { groupBy } from "../group-by.ts";
import { scoreInterval } from "../summary/score-interval.ts";
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
 * candidates of other concepts, ordered by pointwise mutual information: by how much the image raises
 * a caption's probability over its mean behind all images of the group, so that captions that are
 * likely anyway have no advantage.
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
  let done = 0;
  for (const group of groupsOf(concepts, candidates)) {
    const rows: Row[] = [];
    for await (const row of rowsOf(group, evaluation)) {
      rows.push(row);
      yield { type: "captions-delta", set: set.name, done: ++done, total };
    }
    samples.push(...samplesOf(rows));
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
}

/** The rows of a group, concept by concept. */
async function* rowsOf(
  { concepts, texts }: Group,
  { image, score }: CaptionEvaluation,
): AsyncGenerator<Row> {
  for (const [own, { captions }] of concepts.entries()) {
    for (const caption of captions) {
      yield { caption, own, likelihoods: await score(await image(caption.image), texts) };
    }
  }
}

/** What each image of a group was given; the images of a concept stand in for those of the next. */
function samplesOf(rows: readonly Row[]): CaptionSample[] {
  const first = favourites(rows);
  const byConcept = groupBy([...rows.keys()], (row) => rows[row]!.own);
  const concepts = byConcept.size;
  return rows.map(({ caption, own, likelihoods }, row) => {
    const standIns = byConcept.get((own + concepts - 1) % concepts)!;
    const other = standIns[byConcept.get(own)!.indexOf(row) % standIns.length]!;
    return {
      ...caption,
      lossNats: lossOf(likelihoods[own]!),
      shuffledLossNats: lossOf(rows[other]!.likelihoods[own]!),
      isFirst: first[row] === own,
      isFirstShuffled: first[other] === own,
    };
  });
}

/** Place of the candidate whose probability each image raises most over the mean of all. */
function favourites(rows: readonly Row[]): number[] {
  const means = rows[0]!.likelihoods.map((_, candidate) =>
    logMeanExp(rows.map(({ likelihoods }) => likelihoods[candidate]!.logProb)),
  );
  return rows.map(({ likelihoods }) => {
    const gains = likelihoods.map(({ logProb }, candidate) => logProb - means[candidate]!);
    return gains.indexOf(Math.max(...gains));
  });
}

/** Logarithm of the mean of probabilities that are given by their logarithms. */
function logMeanExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  const sum = logs.reduce((total, log) => total + Math.exp(log - largest), 0);
  return largest + Math.log(sum / logs.length);
}

function lossOf({ logProb, tokens }: CaptionLikelihood): number {
  return -logProb / tokens;
}

function summarise(samples: readonly CaptionSample[], candidates: number) {
  const concepts = samples.map(({ text }) => text);
  const meanOf = (value: (sample: CaptionSample) => number) =>
    clusteredMean(samples.map(value), concepts);
  // where all are right, or none, the spread is not 0 but unknown
  const shareOf = (isTrue: (sample: CaptionSample) => boolean): MeanEstimate => {
    const values = samples.map((sample) => Number(isTrue(sample)));
    const interval = scoreInterval(values, { kind: "binary", clusters: concepts, level: 0.95 });
    return { ...clusteredMean(values, concepts), interval };
  };
  return {
    chance: 1 / candidates,
    lossNats: meanOf(({ lossNats }) => lossNats),
    shuffledLossNats: meanOf(({ shuffledLossNats }) => shuffledLossNats),
    lossDifference: meanOf(({ lossNats, shuffledLossNats }) => shuffledLossNats - lossNats),
    retrieval: shareOf(({ isFirst }) => isFirst),
    shuffledRetrieval: shareOf(({ isFirstShuffled }) => isFirstShuffled),
    retrievalDifference: meanOf(
      ({ isFirst, isFirstShuffled }) => Number(isFirst) - Number(isFirstShuffled),
    ),
    samples,
  };
}
