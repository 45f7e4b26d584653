import { resampled } from "../summary/resample-sources.ts";
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
      const counted = texts.map(({ text, ideals, id, cluster }) => {
        return { id, cluster, sentence: sentence(text, ideals) };
      });
      const scoreOf = (some: Readonly<typeof counted>) =>
        ofSentences(some.map((one) => one.sentence));
      const value = scoreOf(counted);
      const summary = () => {
        return { name, mean: value, unscored: 0, ...resampled(counted, scoreOf) };
      };
      return { name, value, summary };
    },
  };
}
