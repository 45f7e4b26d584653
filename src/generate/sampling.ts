import { ModelError } from "../errors.ts";
import type { Random } from "../statistics/random.ts";

/** How the next token is chosen from its logits. */
export interface Sampling {
  /** Divides the logits; 0 takes the most likely token, whatever the seed. */
  readonly temperature: number;
  /** Only the K most likely tokens; 0: all. */
  readonly topK: number;
  /** Only the most likely tokens that together reach this probability, in (0, 1]; 1: all. */
  readonly topP: number;
  /** A whole number; equal seeds give equal tokens. */
  readonly seed: number;
}

/** Always the most likely token. */
export const greedy: Sampling = { temperature: 0, topK: 0, topP: 1, seed: 0 };

/** @throws {ModelError} naming the setting that cannot be, and what came */
export function checkSampling({ temperature, topK, topP, seed }: Sampling): void {
  const rules = [
    [temperature >= 0 && Number.isFinite(temperature), "temperature", "a number >= 0", temperature],
    [Number.isInteger(topK) && topK >= 0, "topK", "a whole number >= 0 (0: all tokens)", topK],
    [topP > 0 && topP <= 1, "topP", "a number above 0 and at most 1", topP],
    [Number.isSafeInteger(seed), "seed", "a whole number", seed],
  ] as const;
  for (const [holds, name, expected, value] of rules) {
    if (!holds) throw new ModelError(`generate: ${name} must be ${expected}, got ${value}`);
  }
}

/**
 * Chooses a token. Of equal logits the lowest id comes first. Top-k is applied before top-p, which
 * counts the probabilities that are left.
 *
 * @param logits - [vocabSize]
 * @param random - gives one number for each token unless the temperature is 0
 * @returns the token's id
 * @throws {ModelError} when the logits are not numbers
 * @see Holtzman et al. 2020, nucleus sampling, arXiv 1904.09751
 */
export function sampleToken(logits: Float32Array, sampling: Sampling, random: Random): number {
  const best = argmax(logits);
  const { temperature, topK, topP } = sampling;
  if (temperature === 0) return best;
  let ids: ArrayLike<number> = topK > 0 ? mostLikely(logits, topK) : allIds(logits.length);
  let weights = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    weights[i] = Math.exp((logits[ids[i]!]! - logits[best]!) / temperature);
  }
  if (topP < 1) {
    const places = nucleus(weights, topP);
    ids = places.map((place) => ids[place]!);
    weights = Float64Array.from(places, (place) => weights[place]!);
  }
  let left = random.uniform() * sum(weights);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return ids[i]!;
  }
  return best; // rounding left nothing over
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  if (!Number.isFinite(logits[best]!)) {
    throw new ModelError(
      "generate: the model's logits are not numbers; its weights are damaged or its training diverged",
    );
  }
  return best;
}

/** The ids of vocabularies that were asked for; a list is made once for each size. */
const idLists = new Map<number, Int32Array>();

function allIds(vocabSize: number): Int32Array {
  const ids = idLists.get(vocabSize) ?? Int32Array.from({ length: vocabSize }, (_, id) => id);
  idLists.set(vocabSize, ids);
  return ids;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function mostLikely(logits: Float32Array, count: number): ArrayLike<number> {
  if (count >= logits.length) return allIds(logits.length);
  const threshold = logits.slice().sort()[logits.length - count]!;
  const ids = [...allIds(logits.length)];
  const above = ids.filter((id) => logits[id]! > threshold);
  const equal = ids.filter((id) => logits[id] === threshold);
  return [...above, ...equal.slice(0, count - above.length)];
}

/** Places of the fewest weights that reach the share `topP` of all, the largest first. */
function nucleus(weights: Float64Array, topP: number): number[] {
  const total = sum(weights);
  // Tokens below this share add up to less than 1 - topP: the nucleus is full before them.
  const least = ((1 - topP) / weights.length) * total;
  const places: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i]! >= least) places.push(i);
  places.sort((a, b) => weights[b]! - weights[a]!); // stable: of equal ones the lowest id
  let reached = 0;
  const last = places.findIndex((place) => {
    reached += weights[place]!;
    return reached >= topP * total;
  });
  return last === -1 ? places : places.slice(0, last + 1);
}
