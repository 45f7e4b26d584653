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
  if (sampling.temperature === 0) return best;
  let ids = sampling.topK > 0 ? mostLikely(logits, sampling.topK) : allIds(logits);
  const weight = (id: number) => Math.exp((logits[id]! - logits[best]!) / sampling.temperature);
  if (sampling.topP < 1) ids = nucleus(ids, weight, sampling.topP);
  const weights = ids.map(weight);
  let left = random.uniform() * weights.reduce((sum, w) => sum + w, 0);
  for (const [index, w] of weights.entries()) {
    left -= w;
    if (left < 0) return ids[index]!;
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

const allIds = (logits: Float32Array): number[] => Array.from(logits, (_, id) => id);

function mostLikely(logits: Float32Array, count: number): number[] {
  if (count >= logits.length) return allIds(logits);
  const threshold = logits.slice().sort()[logits.length - count]!;
  const ids = allIds(logits);
  const above = ids.filter((id) => logits[id]! > threshold);
  const equal = ids.filter((id) => logits[id] === threshold);
  return [...above, ...equal.slice(0, count - above.length)];
}

/** The fewest ids whose weights reach the share `topP` of all. */
function nucleus(ids: readonly number[], weight: (id: number) => number, topP: number): number[] {
  const weights = new Map(ids.map((id) => [id, weight(id)]));
  const total = ids.reduce((sum, id) => sum + weights.get(id)!, 0);
  // Tokens below this share add up to less than 1 - topP: the nucleus is full before them.
  const least = ((1 - topP) / ids.length) * total;
  const sorted = ids
    .filter((id) => weights.get(id)! >= least)
    .sort((a, b) => weights.get(b)! - weights.get(a)!); // stable: of equal ones the lowest id
  let reached = 0;
  const size = sorted.findIndex((id) => {
    reached += weights.get(id)!;
    return reached >= topP * total;
  });
  return size === -1 ? sorted : sorted.slice(0, size + 1);
}
