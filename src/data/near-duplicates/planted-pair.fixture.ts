import type { Random } from "../../statistics/random.ts";
import { jaccard, wordShingles } from "./shingles.ts";

/** Two texts and the exact Jaccard similarity of their word 5-grams. */
export interface PlantedPair {
  readonly first: string;
  readonly second: string;
  readonly exact: number;
}

/** Words drawn from a vocabulary so large that shingles hardly repeat. */
export function randomWords(random: Random, length: number): string[] {
  return Array.from({ length }, () => `w${random.integer(100_000).toString(36)}`);
}

/**
 * A text and a copy with words replaced, at random places and then at the end, until their exact
 * similarity is the wanted one to within 0.01 (texts of 150 words and more).
 */
export function plantPair(random: Random, similarity: number, words: number): PlantedPair {
  const original = randomWords(random, words);
  const first = original.join(" ");
  const copy = [...original];
  const shingles = wordShingles(first);
  const exactNow = () => jaccard(shingles, wordShingles(copy.join(" ")))!;
  // A word replaced takes 5 shingles out of both, one at the end takes 1; never too many at once.
  const replace = (atOnce: (gap: number) => number, place: () => number) => {
    for (;;) {
      const count = atOnce(exactNow() - similarity);
      if (count < 1) return;
      for (let i = 0; i < count; i++) copy[place()] = `x${random.integer(1e9).toString(36)}`;
    }
  };
  let end = words;
  replace(
    (gap) => Math.floor((gap * words) / 10),
    () => random.integer(words),
  );
  replace(
    (gap) => Math.round((gap * words) / 2),
    () => --end,
  );
  return { first, second: copy.join(" "), exact: exactNow() };
}
