import { DataError } from "../errors.ts";
import { permute } from "./permutation.ts";
import { hash32, Random } from "./random.ts";

/** Sequences after which every source has had its exact share; a weight counts in 1/1024. */
const blockSize = 1024;

/** Epochs over a source from which repeated text clearly helps less than new text. */
const manyEpochs = 4; // Muennighoff et al. 2023, arXiv 2305.16264

/** A training source as the order sees it. */
export interface OrderedSource {
  readonly name: string;
  /** What it counts towards; the shares of losses are the evenest. */
  readonly loss: string;
  readonly weight: number;
  /** Windows of the asked sequence length in its training stream. */
  readonly windows: number;
}

/** One training sequence: window `window` of source `source`, in pass `epoch` over it. */
export interface Place {
  readonly source: number;
  readonly window: number;
  readonly epoch: number;
}

/**
 * The training order: sequence n is a pure function of (seed, n). Weights hold exactly over each
 * block of 1024 sequences. Within it the sources are spread evenly, and the losses even more so: any
 * run of sequences, such as a batch, has the share of each loss to within a sequence or two. A
 * source's windows come in a new random order every epoch, each once.
 */
export class TrainingOrder {
  readonly #seed: number;
  readonly #sources: readonly OrderedSource[];
  readonly #quotas: readonly number[];
  /** Of each loss, its sources. */
  readonly #losses: readonly (readonly number[])[];
  #block = -1;
  #slots: readonly Slot[] = [];

  /** @throws {DataError} when a source is shorter than one window */
  constructor(seed: number, sources: readonly OrderedSource[]) {
    for (const { name, windows } of sources) {
      if (windows < 1) {
        throw new DataError(
          `training order: source "${name}" has less text than one sequence; use a shorter sequence length, give it more text, or leave it out of the recipe`,
        );
      }
    }
    this.#seed = seed;
    this.#sources = sources;
    this.#quotas = quotas(sources.map(({ weight }) => weight));
    const losses = new Set(sources.map(({ loss }) => loss));
    this.#losses = [...losses].map((loss) =>
      sources.flatMap((source, index) => (source.loss === loss ? [index] : [])),
    );
  }

  /** Where sequence `index` (0-based) comes from. */
  at(index: number): Place {
    const block = Math.floor(index / blockSize);
    if (block !== this.#block) {
      this.#slots = this.#slotsOf(block);
      this.#block = block;
    }
    const { source, rank } = this.#slots[index % blockSize]!;
    const { windows } = this.#sources[source]!;
    const drawn = block * this.#quotas[source]! + rank;
    const epoch = Math.floor(drawn / windows);
    const window = permute(drawn % windows, windows, hash32(this.#seed, source, epoch));
    return { source, window, epoch };
  }

  #slotsOf(block: number): readonly Slot[] {
    const random = new Random(this.#seed, block);
    const sources = this.#losses.map((members) => {
      const spread = spreadEvenly(
        members.map((source) => this.#quotas[source]!),
        random,
      );
      return spread.map(({ item }) => members[item]!);
    });
    const losses = spreadEvenly(
      sources.map(({ length }) => length),
      random,
    );
    const drawn = this.#quotas.map(() => 0);
    return losses.map(({ item, rank }) => {
      const source = sources[item]![rank]!;
      return { source, rank: drawn[source]!++ };
    });
  }

  /** Passes over each source that `sequences` sequences make. */
  epochs(sequences: number): SourceEpochs[] {
    return this.#sources.map(({ name, windows }, source) => {
      const epochs = (sequences * this.#quotas[source]!) / blockSize / windows;
      return { name, epochs, isWorn: epochs > manyEpochs };
    });
  }
}

/** How often a training run sees a source. */
export interface SourceEpochs {
  readonly name: string;
  readonly epochs: number;
  /** So often that its text teaches clearly less than new text would: worth a warning. */
  readonly isWorn: boolean;
}

interface Slot {
  readonly source: number;
  /** How many earlier slots of the block have the same source. */
  readonly rank: number;
}

/** Whole numbers that sum to the block's size, as near to the weights as can be, each at least 1. */
function quotas(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (weight / total) * blockSize);
  const whole = exact.map((value) => Math.max(1, Math.floor(value)));
  let missing = blockSize - whole.reduce((sum, value) => sum + value, 0);
  while (missing !== 0) {
    const gaps = exact.map((value, i) =>
      missing < 0 && whole[i] === 1
        ? Number.NEGATIVE_INFINITY
        : (value - whole[i]!) * Math.sign(missing),
    );
    whole[gaps.indexOf(Math.max(...gaps))]! += Math.sign(missing);
    missing -= Math.sign(missing);
  }
  return whole;
}

/**
 * Each item so many times, evenly mixed: its k-th time of n falls at random in the k-th n-th of the
 * whole.
 *
 * @returns in their order; `rank` is how often the item came before
 */
function spreadEvenly(counts: readonly number[], random: Random): { item: number; rank: number }[] {
  return counts
    .flatMap((count, item) =>
      Array.from({ length: count }, (_, rank) => ({
        item,
        rank,
        at: (rank + random.next()) / count,
      })),
    )
    .sort((a, b) => a.at - b.at);
}
