import { percentileInterval } from "../../statistics/bootstrap.ts";
import { Random } from "../../statistics/random.ts";
import type { ScoreSummary } from "../run/score-summary.ts";
import { bleuCorpus, bleuOfSentences, bleuSentence } from "../text-scores/bleu.ts";
import { chrfCorpus, chrfOfSentences, chrfSentence } from "../text-scores/chrf.ts";
import { terCorpus, terOfSentences, terSentence } from "../text-scores/ter.ts";
import type { ScoredText, Scorer, ScorerOptions } from "./scorer.ts";

/** BLEU in [0, 100]: of each text, and of all together, which is no mean of them. */
export function bleu({ tokenizer }: ScorerOptions): Scorer {
  return corpusScorer("bleu", {
    best: 100,
    sentence: (text, ideals) => bleuSentence(text, ideals, { tokenizer }),
    corpus: (texts, ideals) => bleuCorpus(texts, ideals, { tokenizer }).score,
    ofSentences: bleuOfSentences,
  });
}

/** chrF in [0, 100], and chrF++ with words of order 2. */
export function chrf({ wordOrder }: ScorerOptions): Scorer {
  return corpusScorer("chrf", {
    best: 100,
    sentence: (text, ideals) => chrfSentence(text, ideals, { wordOrder }),
    corpus: (texts, ideals) => chrfCorpus(texts, ideals, { wordOrder }).score,
    ofSentences: chrfOfSentences,
  });
}

/** Translation edit rate: 0 is best, above 100 possible. */
export const ter: Scorer = corpusScorer("ter", {
  best: 0,
  sentence: terSentence,
  corpus: (texts, ideals) => terCorpus(texts, ideals).score,
  ofSentences: terOfSentences,
});

/** A score of corpora: how it is made of a text, of all, and of what single texts were counted as. */
interface CorpusScore<Sentence extends { readonly score: number; readonly signature: string }> {
  /** Of a text; 0 where less is better. */
  readonly best: number;
  sentence(text: string, ideals: readonly string[]): Sentence;
  corpus(texts: readonly string[], ideals: readonly (readonly string[])[]): number;
  ofSentences(sentences: readonly Sentence[]): number;
}

function corpusScorer<Sentence extends { readonly score: number; readonly signature: string }>(
  name: string,
  { best, sentence, corpus, ofSentences }: CorpusScore<Sentence>,
): Scorer {
  return {
    kinds: { [`sentence_${name}`]: "number" },
    against: (ideals) => (text) => {
      const { score, signature } = sentence(text, ideals);
      return { [`sentence_${name}`]: { value: score, answer: text, explanation: signature, best } };
    },
    together(texts) {
      if (texts.length === 0) return [];
      const mean = corpus(
        texts.map(({ text }) => text),
        texts.map(({ ideals }) => ideals),
      );
      return [{ name, mean, ...resampled(texts, { sentence, ofSentences }) }];
    },
  };
}

/** As many resamples as sacreBLEU draws for its intervals. */
const draws = 1_000;

/** Percentile interval of resampled texts; none of a single one. */
function resampled<Sentence extends { readonly score: number; readonly signature: string }>(
  texts: readonly ScoredText[],
  { sentence, ofSentences }: Pick<CorpusScore<Sentence>, "sentence" | "ofSentences">,
): Omit<ScoreSummary, "name" | "mean"> {
  const n = texts.length;
  const level = 0.95;
  const counted = { n, unscored: 0 };
  if (n < 2) return { ...counted, interval: { low: Number.NaN, high: Number.NaN, level } };
  const sentences = texts.map(({ text, ideals }) => sentence(text, ideals));
  const random = new Random(1);
  const scores = Array.from({ length: draws }, () =>
    ofSentences(sentences.map(() => sentences[random.integer(n)]!)),
  );
  return { ...counted, interval: percentileInterval(scores, level) };
}
