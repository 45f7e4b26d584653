import { Random } from "../statistics/random.ts";

const vocabulary = 50_000;
/** Mandelbrot's offset: the first word is 6 % of a text and the second 5 %, as in English. */
const offset = 2.7;
const onsets = ["b", "br", "c", "ch", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "st", "t"];
const vowels = ["a", "e", "i", "o", "u", "ea", "ou", "y"];
const codas = ["", "", "n", "r", "s", "l", "t", "nd", "ck", "m"];

/**
 * Text without an end that never repeats itself: invented words in the frequencies of Zipf's law,
 * in sentences, paragraphs and documents of about 2.3 kB (log-normal lengths, as on the web).
 *
 * @see Zipf 1949; Mandelbrot 1953
 */
export class ZipfText {
  readonly #random: Random;
  readonly #words: readonly string[];

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#words = inventWords(new Random(seed + 1));
  }

  /** The next document, 20 to 1,500 words. */
  document(): string {
    const random = this.#random;
    const length = Math.exp(Math.log(250) + 0.9 * random.normal());
    const paragraphs: string[] = [];
    for (let left = Math.min(1500, Math.max(20, length)); left > 0; ) {
      const sentences: string[] = [];
      for (let sentence = 2 + random.integer(6); sentence > 0 && left > 0; sentence--) {
        const words = 4 + random.integer(24);
        sentences.push(this.#sentence(words));
        left -= words;
      }
      paragraphs.push(sentences.join(" "));
    }
    return paragraphs.join("\n\n");
  }

  #sentence(length: number): string {
    const random = this.#random;
    const words = Array.from({ length }, (_, i) => {
      const word = random.integer(100) === 0 ? String(random.integer(3000)) : this.#word();
      return i + 1 < length && random.integer(12) === 0 ? `${word},` : word;
    });
    const text = words.join(" ");
    return `${text[0]!.toUpperCase()}${text.slice(1)}${random.integer(12) === 0 ? "?" : "."}`;
  }

  /** The inverse of the distribution function of 1 / (rank + offset). */
  #word(): string {
    const rank = offset * ((vocabulary + offset) / offset) ** this.#random.uniform() - offset;
    return this.#words[Math.min(vocabulary - 1, Math.floor(rank))]!;
  }
}

/** Distinct words, the frequent ones short. */
function inventWords(random: Random): string[] {
  const words = new Set<string>();
  const pick = (parts: readonly string[]) => parts[random.integer(parts.length)]!;
  while (words.size < vocabulary) {
    const syllables = 1 + Math.floor(Math.log10(1 + words.size / 40) + 0.6 * random.uniform());
    const made = Array.from({ length: syllables }, () => pick(onsets) + pick(vowels) + pick(codas));
    words.add(made.join(""));
  }
  return [...words];
}
