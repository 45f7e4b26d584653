import { percentileInterval } from "../../statistics/bootstrap.ts";
import { Random } from "../../statistics/random.ts";
import type { ScoreSummary } from "../run/score-summary.ts";
import { bleuOfSentences, bleuSentence } from "../text-scores/bleu.ts";
import { chrfOfSentences, chrfSentence } from "../text-scores/chrf.ts";
import { terOfSentences, terSentence } from "../text-scores/ter.ts";
import type { Scorer, ScorerOptions } from "./scorer.ts";

/** BLEU in [0, 100]: of each text, and of all together, which is no mean of them. */
export function bleu({ tokenizer }: ScorerOptions): Scorer {
  return corpusScorer("bleu", {
    best: 100,
    sentence: (text, ideals) => bleuSentence(text, ideals, { tokenizer }),
    ofSentences: bleuOfSentences,
  });
}

/** chrF in [0, 100], and chrF++ with words of order 2. */
export function chrf({ wordOrder }: ScorerOptions): Scorer {
  return corpusScorer("chrf", {
    best: 100,
    sentence: (text, ideals) => chrfSentence(text, ideals, { wordOrder }),
    ofSentences: chrfOfSentences,
  });
}

/** Translation edit rate: 0 is best, above 100 possible. */
export const ter: Scorer = corpusScorer("ter", {
  best: 0,
  sentence: terSentence,
  ofSentences: terOfSentences,
});

/** What a text was counted as. */
interface Counted {
  readonly score: number;
  readonly signature: string;
}

/** A score of corpora: how it is made of a text, and of what all texts were counted as. */
interface CorpusScore<Sentence extends Counted> {
  /** Of a text; 0 where less is better. */
  readonly best: number;
  sentence(text: string, ideals: readonly string[]): Sentence;
  ofSentences(sentences: readonly Sentence[]): number;
}

function corpusScorer<Sentence extends Counted>(
  name: string,
  { best, sentence, ofSentences }: CorpusScore<Sentence>,
): Scorer {
  return {
    kinds: { [`sentence_${name}`]: "number" },
    against: (ideals) => (text) => {
      const { score, signature } = sentence(text, ideals);
      return { [`sentence_${name}`]: { value: score, answer: text, explanation: signature, best } };
    },
    together(texts) {
      if (texts.length === 0) return undefined;
      const sentences = texts.map(({ text, ideals }) => sentence(text, ideals));
      const value = ofSentences(sentences);
      const summary = () => ({ name, mean: value, ...resampled(sentences, ofSentences) });
      return { name, value, summary };
    },
  };
}

/** As many resamples as sacreBLEU draws for its intervals. */
const draws = 1_000;

/** The percentile interval of resampled texts; none of a single one. */
function resampled<Sentence>(
  sentences: readonly Sentence[],
  ofSentences: (sentences: readonly Sentence[]) => number,
): Omit<ScoreSummary, "name" | "mean"> {
  const n = sentences.length;
  const level = 0.95;
  if (n < 2) return { n, unscored: 0, interval: { low: Number.NaN, high: Number.NaN, level } };
  const random = new Random(1);
  const scores = Array.from({ length: draws }, () =>
    ofSentences(sentences.map(() => sentences[random.integer(n)]!)),
  );
  return { n, unscored: 0, interval: percentileInterval(scores, level) };
}
