import { splitAsciiMarks, splitPeriodsAndCommas, unescapeMarkup } from "./bleu-tokenizers.ts";
import { splitWords } from "./python-text.ts";

/** How texts are cut into words before TER compares them; every default is sacreBLEU's. */
export interface TerTokenization {
  /** Whether tercom's own rules set punctuation apart; not by default. */
  readonly normalized?: boolean | undefined;
  /** Whether punctuation is left out; not by default. */
  readonly noPunctuation?: boolean | undefined;
  /** Whether the two above know Chinese and Japanese characters and marks; not by default. */
  readonly asianSupport?: boolean | undefined;
  /** Whether upper and lower case differ; not by default. */
  readonly caseSensitive?: boolean | undefined;
}

const asianMarks =
  /([\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09])/g;

/*
 * Ideographs, strokes, radicals and compatibility forms. The reference has rules for runs of kana too,
 * anchored to the start of a text that always starts with a blank: they do nothing.
 */
const asianCharacter =
  /([\u2e80-\u2eff\u31c0-\u31ef\u3200-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f])/g;

/**
 * The words of a text as tercom's tokenizer cuts it.
 *
 * @see Snover et al. 2006, "A Study of Translation Edit Rate with Targeted Human Annotation"
 */
export function tokenizeForTer(text: string, options: TerTokenization = {}): string[] {
  let cut = options.caseSensitive ? text : text.toLowerCase();
  if (options.normalized) {
    cut = splitMarks(cut);
    if (options.asianSupport) cut = splitAsian(cut);
  }
  if (options.noPunctuation) {
    cut = cut.replace(/[.,?:;!"()]/g, "");
    if (options.asianSupport) cut = cut.replace(asianMarks, "");
  }
  return splitWords(cut);
}

function splitMarks(text: string): string {
  const joined = unescapeMarkup(text.replaceAll("\n-", "").replaceAll("\n", " "));
  const marked = splitAsciiMarks(` ${joined} `).replaceAll("'s ", " 's ");
  return splitPeriodsAndCommas(marked);
}

function splitAsian(text: string): string {
  return text.replace(asianCharacter, " $1 ").replace(asianMarks, " $1 ");
}
