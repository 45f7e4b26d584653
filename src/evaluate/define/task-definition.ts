import type { CallArguments, Message } from "../../language-model/language-model.ts";
import type { Score, ScoreKind } from "../eval-task.ts";
import type { ScorerName } from "../scorers/scorers.ts";

/** One question of a task. */
export interface Sample {
  /** Unique within the task; its place from 0 by default. */
  readonly id?: string | undefined;
  /**
   * A text, or messages in OpenAI's format. Images in them (`image`) are `http:`, `data:` or paths,
   * which begin at the task's file.
   */
  readonly input: string | readonly Message[];
  /** The right answer, or all of several. */
  readonly ideal?: string | readonly string[] | undefined;
  /** Whatever else is known. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** What it shares with samples that it is not independent of, such as a passage. */
  readonly cluster?: string | undefined;
}

/** A sample that is asked; it has its id. */
export type AskedSample = Sample & { readonly id: string };

/** Asks the model, in a text or in messages, and gives its text. */
export type Ask = (
  input: string | readonly Message[],
  callArguments?: CallArguments,
) => Promise<string>;

/** How far a sample's solvers have come. */
export interface SolverState {
  readonly sample: AskedSample;
  /** What the model is asked, or was: its answers are there too. */
  readonly messages: readonly Message[];
  /** The answer so far. */
  readonly answer?: string | undefined;
}

/** What a solver changes: the answer alone, or more of the state. */
export type SolverStep = string | Partial<Pick<SolverState, "messages" | "answer">>;

/** A step on the way from a sample to an answer; several follow one another. */
export type Solver = (state: SolverState, ask: Ask) => SolverStep | Promise<SolverStep>;

/** What a scoring function may give; null and null as a value are unscored, which is not zero. */
export type GivenScore = Score | number | boolean | null;

/** Compares an answer with its sample; `grade` asks the run's grader. */
export type ScoreFunction = (
  answer: string,
  sample: AskedSample,
  context: { readonly grade: Ask },
) => GivenScore | Promise<GivenScore>;

/** A scorer whose values are known to be 0 or 1, or from 0 to 1: their intervals are better. */
export interface KindScorer {
  readonly score: ScoreFunction;
  readonly kind: ScoreKind;
}

/** How answers are scored: one of ours by its name, or one of your own. */
export type Scorer = ScorerName | ScoreFunction | KindScorer;

/** A sample with the scores of one answer to it. */
export interface ScoredSample {
  readonly sample: AskedSample;
  readonly scores: Readonly<Record<string, Score>>;
}

/** A number of all answers that could be scored, in the order of the samples. */
export type Metric = (scored: readonly ScoredSample[]) => number;

/** An evaluation. */
export interface TaskDefinition {
  readonly name: string;
  readonly samples: readonly Sample[] | (() => readonly Sample[] | Promise<readonly Sample[]>);
  /** Steps to an answer; the model is asked after them if none has. */
  readonly solver?: Solver | readonly Solver[] | undefined;
  /** One alone gives `accuracy` where it says right or wrong, else `score`. */
  readonly scorer?: Scorer | undefined;
  /** Several by the names of their scores; the first one counts. */
  readonly scorers?: Readonly<Record<string, Scorer>> | undefined;
  /** Reported beside the mean of each score. */
  readonly metrics?: Readonly<Record<string, Metric>> | undefined;
  /** How often each sample is asked. */
  readonly epochs?: number | undefined;
  /** The field of `metadata` that tells samples of one source. */
  readonly cluster?: string | undefined;
  /** Of calls, in OpenAI's names: temperature 0 and 1024 `max_tokens` where they say nothing. */
  readonly arguments?: CallArguments | undefined;
}

/** A task as `defineTask` gives it. */
export interface Task {
  readonly name: string;
  readonly definition: TaskDefinition;
}
