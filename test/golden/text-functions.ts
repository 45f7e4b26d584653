import { anls } from "../../src/evaluate/text-scores/anls.ts";
import {
  type BleuOptions,
  type BleuScore,
  bleuCorpus,
  bleuSentence,
} from "../../src/evaluate/text-scores/bleu.ts";
import { tokenizeForBleu } from "../../src/evaluate/text-scores/bleu-tokenizers.ts";
import { type ChrfOptions, chrfCorpus, chrfSentence } from "../../src/evaluate/text-scores/chrf.ts";
import { dropScore, dropSpansScore, normalizeSpan } from "../../src/evaluate/text-scores/drop.ts";
import { porterStem } from "../../src/evaluate/text-scores/porter-stem.ts";
import {
  isRelaxedMatch,
  isRelaxedMatchToAny,
} from "../../src/evaluate/text-scores/relaxed-accuracy.ts";
import {
  type RougeScore,
  type RougeType,
  rouge,
  rougeOfBest,
} from "../../src/evaluate/text-scores/rouge.ts";
import {
  type AnswerScore,
  normalizeAnswer,
  squadScore,
} from "../../src/evaluate/text-scores/squad.ts";
import { type TerScore, terCorpus, terSentence } from "../../src/evaluate/text-scores/ter.ts";
import type { TerTokenization } from "../../src/evaluate/text-scores/ter-tokenizer.ts";
import {
  normalizeVqaPunctuation,
  normalizeVqaWords,
  vqaAccuracy,
} from "../../src/evaluate/text-scores/vqa.ts";
import type { Golden, GoldenFunction } from "./functions.ts";

/** The version of sacreBLEU that made the files is the last part of its signatures. */
function signed(signature: string): string {
  return `${signature}|version:2.6.0`;
}

function bleuOptions({ options }: Golden): BleuOptions {
  return {
    ...{ tokenizer: options.tokenize, lowercase: options.lowercase },
    ...{ smoothing: options.smooth_method, smoothingValue: options.smooth_value ?? undefined },
    ...{ maxOrder: options.max_ngram_order, effectiveOrder: options.effective_order },
  };
}

function bleuOut(got: BleuScore) {
  const { score, counts, totals, precisions, signature } = got;
  return {
    ...{ score, counts, totals, precisions, bp: got.brevityPenalty },
    ...{ sys_len: got.hypothesisLength, ref_len: got.referenceLength },
    signature: signed(signature),
  };
}

function chrfOptions({ options }: Golden): ChrfOptions {
  return {
    ...{ characterOrder: options.char_order, wordOrder: options.word_order, beta: options.beta },
    ...{ lowercase: options.lowercase, whitespace: options.whitespace },
    epsilonSmoothing: options.eps_smoothing,
  };
}

function terOptions({ options }: Golden): TerTokenization {
  return {
    ...{ normalized: options.normalized, noPunctuation: options.no_punct },
    ...{ asianSupport: options.asian_support, caseSensitive: options.case_sensitive },
  };
}

function terOut({ score, edits, referenceLength, signature }: TerScore) {
  return { score, num_edits: edits, ref_length: referenceLength, signature: signed(signature) };
}

/** The references of each segment; the files have them by stream, with null where one is missing. */
function bySegment({ hypotheses, reference_streams }: Golden): string[][] {
  return (hypotheses as string[]).map((_, segment) => {
    return (reference_streams as (string | null)[][])
      .map((stream) => stream[segment]!)
      .filter((reference) => reference !== null);
  });
}

const rougeTypes = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"] as const;

function rougeOut(scores: Readonly<Record<(typeof rougeTypes)[number], RougeScore>>) {
  const entries = Object.entries(scores) as [RougeType, RougeScore][];
  return Object.fromEntries(
    entries.map(([type, { precision, recall, f1 }]) => [type, { precision, recall, fmeasure: f1 }]),
  );
}

function answerOut({ exactMatch, f1 }: AnswerScore) {
  return { exact_match: exactMatch, f1 };
}

function spansOf(answer: string | string[]): string[] {
  return typeof answer === "string" ? [answer] : answer;
}

const scoresOfTranslations: Readonly<Record<string, GoldenFunction>> = {
  bleu_sentence: {
    run: (input) => bleuOut(bleuSentence(input.hypothesis, input.references, bleuOptions(input))),
  },
  bleu_corpus: {
    run: (input) => bleuOut(bleuCorpus(input.hypotheses, bySegment(input), bleuOptions(input))),
  },
  bleu_tokenize: {
    run: ({ text, tokenizer }) => ({ tokenized: tokenizeForBleu(text, tokenizer) }),
  },
  chrf_sentence: {
    run(input) {
      const got = chrfSentence(input.hypothesis, input.references, chrfOptions(input));
      return { score: got.score, signature: signed(got.signature) };
    },
  },
  chrf_corpus: {
    run(input) {
      const got = chrfCorpus(input.hypotheses, bySegment(input), chrfOptions(input));
      return { score: got.score, signature: signed(got.signature) };
    },
  },
  ter_sentence: {
    run: (input) => terOut(terSentence(input.hypothesis, input.references, terOptions(input))),
  },
  ter_corpus: {
    run: (input) => terOut(terCorpus(input.hypotheses, bySegment(input), terOptions(input))),
  },
};

const scoresOfAnswers: Readonly<Record<string, GoldenFunction>> = {
  squad_normalize: { run: ({ text }) => ({ normalized: normalizeAnswer(text) }) },
  squad_v1: { run: ({ prediction, answers }) => answerOut(squadScore(prediction, answers, 1)) },
  squad_v2: { run: ({ prediction, answers }) => answerOut(squadScore(prediction, answers, 2)) },
  drop_normalize: { run: ({ text }) => ({ normalized: normalizeSpan(text) }) },
  drop_metrics: {
    run: ({ predicted, gold }) => answerOut(dropSpansScore(spansOf(predicted), spansOf(gold))),
  },
  drop_process_results: {
    run: ({ predicted, answers }) => answerOut(dropScore(predicted, answers)),
  },
  anls: {
    run: ({ prediction, answers, threshold }) => ({ anls: anls(prediction, answers, threshold) }),
  },
  relaxed_pix2struct: {
    run: ({ prediction, target }) => ({ correct: isRelaxedMatch(prediction, target) }),
  },
  relaxed_lm_eval: {
    run: ({ prediction, targets }) => ({ score: isRelaxedMatchToAny(prediction, targets) ? 1 : 0 }),
  },
  vqa_process_punctuation: { run: ({ text }) => ({ text: normalizeVqaPunctuation(text) }) },
  vqa_process_digit_article: { run: ({ text }) => ({ text: normalizeVqaWords(text) }) },
  vqa_accuracy: {
    run({ prediction, answers }) {
      const got = vqaAccuracy(prediction, answers);
      return {
        ...{ accuracy: got.accuracy, normalized_prediction: got.prediction },
        normalized_answers: got.answers,
      };
    },
  },
};

/** By name in the golden files: scores of texts. */
export const textFunctions: Readonly<Record<string, GoldenFunction>> = {
  ...scoresOfTranslations,
  ...scoresOfAnswers,
  rouge: {
    run({ target, prediction, use_stemmer }) {
      return rougeOut(rouge(prediction, target, { types: rougeTypes, stem: use_stemmer }));
    },
  },
  rouge_multi: {
    run({ targets, prediction, use_stemmer }) {
      return rougeOut(rougeOfBest(prediction, targets, { types: rougeTypes, stem: use_stemmer }));
    },
  },
  porter_stem: { run: ({ words }) => ({ stems: words.map(porterStem) }) },
};
