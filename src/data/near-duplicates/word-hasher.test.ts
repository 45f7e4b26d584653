import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { jaccard, wordShingles, wordsOf } from "./shingles.ts";
import { rollShingles, WordHasher } from "./word-hasher.ts";

const hasher = new WordHasher();
const hashesOf = (text: string): ReadonlySet<string> =>
  new Set(Array.from(rollShingles(hasher.hash(text)), String));

// Characters that fold in every way: alone, to several, by their neighbours, into blanks.
const alphabet = [
  ..."abcXYZ019_ \n\t\r\u001c\u0085\u00a0\u3000,.;-'\"",
  ..."äÉßıİΣσςΟΔΥΣ",
  ..."e\u0301 a\u0308\u0323 =\u0338",
  ..."¨´½™ﬁﷺ…Ⅷ①ＡＢｶﾞﾊﾟ",
  ..."한글\u1112\u1161\u11ab\u3131ﾡ",
  ..."邻居养蜜蜂，每年。技術者は",
  ..."🙂👩‍💻𝐀𐐀\ud800",
  ..."हिन्दी ไทย عَرَبِيّ",
  "\u200b",
  "\ufeff",
];

const randomText = (random: Random, length: number): string =>
  Array.from({ length }, () =>
    random.uniform() < 0.3 ? " " : alphabet[random.integer(alphabet.length)],
  ).join("");

/** Texts hashed so far: equal words must have equal hashes, others different ones. */
class Names {
  readonly hashOf = new Map<string, number>();
  readonly #wordOf = new Map<number, string>();

  check(text: string): void {
    const [words, hashes] = [wordsOf(text), hasher.hash(text)];
    const where = JSON.stringify(text);
    if (hashes.length !== words.length) expect(Array.from(hashes), where).toEqual(words);
    for (const [at, word] of words.entries()) {
      const hash = hashes[at]!;
      if (!this.hashOf.has(word)) this.hashOf.set(word, hash);
      if (!this.#wordOf.has(hash)) this.#wordOf.set(hash, word);
      if (this.hashOf.get(word) !== hash) expect.fail(`${where}: two hashes of ${word}`);
      if (this.#wordOf.get(hash) !== word) expect.fail(`${where}: one hash of two words`);
    }
  }
}

test("hashes the words of the definition, in order, whatever the script", () => {
  const random = new Random(1);
  const names = new Names();
  for (let i = 0; i < 4000; i++) names.check(randomText(random, 1 + random.integer(40)));
  expect(names.hashOf.size).toBeGreaterThan(1000);
});

test("the sets of hashes overlap as the sets of shingles do", () => {
  const random = new Random(2);
  for (let i = 0; i < 300; i++) {
    const shared = randomText(random, random.integer(200));
    const a = `${shared} ${randomText(random, random.integer(60))}`;
    const b = `${shared} ${randomText(random, random.integer(60))}`;
    const exact = [wordShingles(a), wordShingles(b)] as const;
    const hashed = [hashesOf(a), hashesOf(b)] as const;
    expect(hashed.map((set) => set.size)).toEqual(exact.map((set) => set.size));
    expect(jaccard(...hashed)).toBe(jaccard(...exact));
  }
});

test("every unit of the basic plane folds as the definition says, alone and in company", () => {
  const random = new Random(3);
  const names = new Names();
  for (let unit = 0; unit < 2 ** 16; unit++) {
    const other = alphabet[random.integer(alphabet.length)]!;
    const character = String.fromCharCode(unit);
    names.check(`x${character}${other}y ${character} ${other}${character}`);
  }
  expect(names.hashOf.size).toBeGreaterThan(50_000);
});

test("a word that grows when normalised does not lose the words after it", () => {
  const text = `${"\ufdfa".repeat(3000)} ${"tail ".repeat(3000)}`;
  expect(hasher.hash(text).length).toBe(wordsOf(text).length);
});
