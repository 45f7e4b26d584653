import type { KnownSample, Score, ScoreKind } from "../eval-task.ts";
import type { ScoreSummary } from "../summary/score-summary.ts";

/** What a text is worth, by the scores' names; the first one counts. */
export type Scores = Readonly<Record<string, Score>>;

/** Scores a text against right answers that were read before. */
export type TextScorer = (text: string) => Scores | Promise<Scores>;

/** A text with its right answers, and the sample that it answers where that is known. */
export interface ScoredText extends KnownSample {
  readonly text: string;
  readonly ideals: readonly string[];
}

/** A score of all texts together. */
export interface CorpusResult {
  readonly name: string;
  readonly value: number;
  /** The same with its interval, which takes longer. */
  summary(): ScoreSummary;
}

/** A way to score answers of a table. */
export interface Scorer {
  /**
   * Reads the right answers of a row, before anything is paid for.
   *
   * @param row - the row whole, for scorers that read more columns
   * @throws {DataError} when they are none for this scorer
   */
  against(
    ideals: readonly string[],
    row: Readonly<Record<string, unknown>>,
  ): TextScorer | Promise<TextScorer>;
  /** Of its scores, as an `EvalTask` tells them. */
  readonly kinds: Readonly<Record<string, ScoreKind>>;
  /** A score of all texts together that is no mean of the texts' own; undefined without a text. */
  readonly together?: (texts: readonly ScoredText[]) => CorpusResult | undefined;
  /** Whether a cell is one right answer, which no separator divides. */
  readonly isWhole?: boolean;
  /** Whether rows need no right answer. */
  readonly isSelfSufficient?: boolean;
}

/** What scorers can be told. */
export interface ScorerOptions {
  /** Numbers that differ from the right one by at most this share of it are right. */
  readonly tolerance: number;
  /** Numbers that differ by at most so much are right. */
  readonly absoluteTolerance: number;
  /** Cuts texts into tokens for BLEU. */
  readonly tokenizer: "13a" | "intl" | "zh" | "char" | "none";
  /** Of chrF: 0, or 2 for chrF++. */
  readonly wordOrder: number;
  /** Of ROUGE: whether words are stemmed. */
  readonly stem: boolean;
  /** The JSON Schema of every row, as text; undefined: each row has its own. */
  readonly schema: string | undefined;
  /** Of a program. */
  readonly codeTimeoutMs: number;
  /** Column of code that stands before an answer's; undefined: nothing does. */
  readonly prefix: string | undefined;
}

/** What scorers are told when nothing is said. */
export const defaultScorerOptions: ScorerOptions = {
  tolerance: 1e-6,
  absoluteTolerance: 0,
  tokenizer: "13a",
  wordOrder: 0,
  stem: false,
  schema: undefined,
  codeTimeoutMs: 5_000,
  prefix: undefined,
};

/** The kinds of `accuracy`. */
export const isRightOrWrong = { accuracy: "binary" } as const;

/** A score of 1 or 0 with what was read out of the text. */
export function accuracy(isRight: boolean, answer: string, explanation?: string): Scores {
  const why = explanation === undefined ? {} : { explanation };
  return { accuracy: { value: isRight ? 1 : 0, answer, ...why } };
}
