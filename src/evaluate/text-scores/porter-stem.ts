/** Words that NLTK does not stem by rule, with what it gives for them. */
const irregular: ReadonlyMap<string, string> = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

/** A suffix, what replaces it, and what must hold for the stem before it. */
type Rule = readonly [suffix: string, replacement: string, holds?: (stem: string) => boolean];

/**
 * The stem of an English word by Porter's algorithm with NLTK's extensions, which is what ROUGE's
 * stemming uses: `flies` and `fly` give `fli`, but `dies` gives `die`.
 *
 * @see Porter 1980, "An algorithm for suffix stripping"; NLTK's mode NLTK_EXTENSIONS
 */
export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const known = irregular.get(lower);
  if (known !== undefined) return known;
  if (lower.length <= 2) return lower;
  return [
    plural,
    pastOrGerund,
    finalY,
    doubleSuffix,
    shortSuffix,
    lastSuffix,
    finalE,
    finalLl,
  ].reduce((stem, step) => step(stem), lower);
}

/** Step 1a: `caresses` to `caress`, `ponies` to `poni`, `dies` to `die`, `cats` to `cat`. */
function plural(word: string): string {
  if (word.length === 4 && word.endsWith("ies")) return word.slice(0, -1);
  return applyFirst(word, [
    ["sses", "ss"],
    ["ies", "i"],
    ["ss", "ss"],
    ["s", ""],
  ]);
}

/** Step 1b: `agreed` to `agree`, `hopping` to `hop`, `hoping` to `hope`, `died` to `die`. */
function pastOrGerund(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ["ed", "ing"].find((one) => {
    return word.endsWith(one) && shapeOf(word.slice(0, -one.length)).includes("v");
  });
  return suffix === undefined ? word : mended(word.slice(0, -suffix.length));
}

/** What `-ed` and `-ing` leave, with the `e` that is missing or without a doubled letter. */
function mended(stem: string): string {
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (/(.)\1$/.test(stem) && shapeOf(stem).endsWith("c")) {
    return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  }
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

/** Step 1c: `happy` to `happi`, but `enjoy` and `by` stay. */
function finalY(word: string): string {
  const isChanged = word.endsWith("y") && word.length > 2 && shapeOf(word).at(-2) === "c";
  return isChanged ? `${word.slice(0, -1)}i` : word;
}

const doubleSuffixes: readonly Rule[] = [
  ...[
    ...suffixes("ational ate,tional tion,enci ence,anci ance,izer ize,bli ble,alli al,entli ent"),
  ],
  ...[
    ...suffixes("eli e,ousli ous,ization ize,ation ate,ator ate,alism al,iveness ive,fulness ful"),
  ],
  ...[...suffixes("ousness ous,aliti al,iviti ive,biliti ble,fulli ful")],
  ["logi", "log", (stem) => measure(`${stem}l`) > 0],
];

/** Step 2: `relational` to `relate`, `rationally` to `ration`. */
function doubleSuffix(word: string): string {
  const isAdverb = word.endsWith("alli") && measure(word.slice(0, -4)) > 0;
  return isAdverb ? doubleSuffix(word.slice(0, -2)) : applyFirst(word, doubleSuffixes);
}

/** Step 3: `electrical` to `electric`, `hopeful` to `hope`. */
function shortSuffix(word: string): string {
  return applyFirst(word, shortSuffixes);
}

const shortSuffixes = suffixes("icate ic,ative ,alize al,iciti ic,ical ic,ful ,ness ");

/** Step 4: `revival` to `reviv`, `adoption` to `adopt`. */
function lastSuffix(word: string): string {
  return applyFirst(word, lastSuffixes);
}

const isLong = (stem: string) => measure(stem) > 1;

const lastSuffixes: readonly Rule[] = [
  ..."al ance ence er ic able ible ant ement ment ent".split(" ").map(dropped),
  ["ion", "", (stem) => isLong(stem) && /[st]$/.test(stem)],
  ..."ou ism ate iti ous ive ize".split(" ").map(dropped),
];

function dropped(suffix: string): Rule {
  return [suffix, "", isLong];
}

/** Step 5a: `probate` to `probat`, but `rate` stays. */
function finalE(word: string): string {
  if (!word.endsWith("e")) return word;
  const stem = word.slice(0, -1);
  const syllables = measure(stem);
  return syllables > 1 || (syllables === 1 && !endsShort(stem)) ? stem : word;
}

/** Step 5b: `controll` to `control`. */
function finalLl(word: string): string {
  return word.endsWith("ll") && measure(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word;
}

/** Rules for stems with a vowel before a consonant, written `suffix replacement,…`. */
function suffixes(pairs: string): readonly Rule[] {
  return pairs.split(",").map((pair) => {
    const [suffix, replacement] = pair.split(" ") as [string, string];
    return [suffix, replacement, (stem: string) => measure(stem) > 0];
  });
}

/** Only the first rule whose suffix fits is tried. */
function applyFirst(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, holds] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return holds === undefined || holds(stem) ? stem + replacement : word;
}

/** The letters as `c` for consonant and `v` for vowel; `y` is a vowel after a consonant. */
function shapeOf(word: string): string {
  let shape = "";
  for (const letter of word) {
    const isVowel = letter === "y" ? shape.endsWith("c") : "aeiou".includes(letter);
    shape += isVowel ? "v" : "c";
  }
  return shape;
}

/** How often a consonant follows a vowel: Porter's m. */
function measure(stem: string): number {
  return shapeOf(stem).split("vc").length - 1;
}

/** Consonant, vowel, consonant other than w, x, y at the end; or a whole word of vowel, consonant. */
function endsShort(stem: string): boolean {
  const shape = shapeOf(stem);
  return shape === "vc" || (shape.endsWith("cvc") && !/[wxy]$/.test(stem));
}
