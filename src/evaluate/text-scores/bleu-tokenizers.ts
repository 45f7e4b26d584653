import { collapseSpaces, strip } from "./python-text.ts";

/**
 * How a text is cut into tokens before BLEU counts them: `13a` for languages with blanks, `intl` by
 * Unicode's punctuation and symbols, `zh` with Chinese characters apart, `char` every character apart,
 * `none` at the blanks that the text has.
 */
export type BleuTokenizer = "13a" | "intl" | "zh" | "char" | "none";

const tokenizers: Readonly<Record<BleuTokenizer, (text: string) => string>> = {
  "13a": tokenize13a,
  intl: tokenizeInternational,
  zh: tokenizeChinese,
  char: (text) => [...text].join(" "),
  none: (text) => text,
};

/**
 * A text with one blank between its tokens, as sacreBLEU's tokenizer of that name writes it.
 *
 * @see Post 2018, "A Call for Clarity in Reporting BLEU Scores", arXiv 1804.08771
 */
export function tokenizeForBleu(text: string, tokenizer: BleuTokenizer): string {
  return tokenizers[tokenizer](text);
}

/** The rules of NIST's mteval-v13a: ASCII punctuation apart, but `.` and `,` within numbers. */
function tokenize13a(text: string): string {
  const joined = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  return splitWestern(` ${unescapeMarkup(joined)} `);
}

/** The four entities of SGML test sets, in the order of the reference: `&amp;lt;` becomes `<`. */
export function unescapeMarkup(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
}

function splitWestern(text: string): string {
  return collapseSpaces(splitPeriodsAndCommas(splitAsciiMarks(text)));
}

/** Blanks around ASCII punctuation other than the apostrophe, the comma, the hyphen and the period. */
export function splitAsciiMarks(text: string): string {
  return text.replace(/([!-&(-+/:-@[-`{-~])/g, " $1 ");
}

/** Blanks around periods and commas that are not within a number, and behind a number's hyphen. */
export function splitPeriodsAndCommas(text: string): string {
  return text
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])-/g, "$1 - ");
}

/** The rules of mteval-v14's international tokenization. */
function tokenizeInternational(text: string): string {
  const marked = text
    .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
    .replace(/(\p{P})(\P{N})/gu, " $1 $2")
    .replace(/(\p{S})/gu, " $1 ");
  return collapseSpaces(marked);
}

/*
 * What the reference takes for Chinese. Two of its ranges lost the fifth digit of their ends: U+2001 to
 * U+2A6D (dashes, curly quotes, arrows, mathematics) is split, CJK extension B (U+20000 on) is not.
 */
const chineseCharacter =
  /([\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31ef\u3200-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef])/gu;

/** Chinese characters apart, the rest by the rules of `13a` without its entities. */
function tokenizeChinese(text: string): string {
  return splitWestern(strip(text).replace(chineseCharacter, " $1 "));
}
