import type {
  CallArguments,
  Message,
  ModelAnswer,
  TextLikelihood,
} from "../language-model/language-model.ts";
import type { ScoreSummary } from "./summary/score-summary.ts";

/** A sample, by name, and what it comes from. */
export interface SourcedSample {
  /** Unique within the evaluation. */
  readonly id: string;
  /** What it shares with other samples, such as its source: they are not independent. */
  readonly cluster?: string | undefined;
}

/** One question of an evaluation. */
export interface EvalSample extends SourcedSample {
  /** What the question is made of, as its file has it. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a sample is not independent of: its cluster, or else itself alone. */
export function sourceOf({ id, cluster }: SourcedSample): string {
  return cluster ?? `\0${id}`;
}

/**
 * What the values of a score are: 0 or 1; anything from 0 to 1; any numbers. Their mean's interval
 * depends on it.
 */
export type ScoreKind = "binary" | "share" | "number";

/** Whether a value may be one of a score that is right or wrong. */
export function isBinary(value: number): boolean {
  return value === 0 || value === 1;
}

/** What a scorer made of a sample. */
export interface Score {
  /** Null: the sample is unscored, which is not zero. */
  readonly value: number | null;
  /** What was read out of the model's answer. */
  readonly answer?: string;
  readonly explanation?: string;
  /** The best value that there is, 1 when left out; where it is 0, less is better. */
  readonly best?: number;
}

/** Whether a score is the best that there is. */
export function isFullScore({ value, best = 1 }: Score): boolean {
  return value !== null && (best === 0 ? value <= 0 : value >= best - 1e-9);
}

/** Something that was noted of a sample, in the terms of openai/evals' logs. */
export interface EvalEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What came of a sample. */
export interface SampleOutcome {
  /** By the scorer's name; the first is the one that counts. */
  readonly scores: Readonly<Record<string, Score>>;
  readonly events: readonly EvalEvent[];
}

/** What is known of the sample that something belongs to. */
export interface KnownSample {
  readonly id?: string | undefined;
  readonly cluster?: string | undefined;
}

/** What came of a sample, with its name and cluster where they are known. */
export interface ReportedOutcome extends SampleOutcome, KnownSample {}

/** Which of an evaluation's models is asked: the i-th that is evaluated, or the grader. */
export type AskedModel = { readonly policy: number } | "grader";

/** What a sample's evaluation may do. */
export interface SampleContext {
  /** Seed of the run, for evaluations that draw at random. */
  readonly seed: number;
  /** Asks a model. */
  ask(
    model: AskedModel,
    messages: readonly Message[],
    callArguments: CallArguments,
  ): Promise<ModelAnswer>;
  /**
   * Lets the first evaluated model go on with a text as it is.
   *
   * @param images - `data:` URLs or paths, one for each `[IMG]` of the text
   * @throws {ConfigError} when it answers conversations only
   */
  complete(
    prompt: string,
    options: { readonly images: readonly string[]; readonly arguments: CallArguments },
  ): Promise<ModelAnswer>;
  /**
   * How likely the first evaluated model finds texts after a prompt.
   *
   * @throws {ConfigError} when it tells no log-probabilities
   */
  score(prompt: string, continuations: readonly string[]): Promise<readonly TextLikelihood[]>;
}

/** The numbers that an evaluation reports of all its samples. */
export type EvalReport = Readonly<Record<string, number>>;

/** An evaluation: questions, how they are asked and scored, and what is reported. */
export interface EvalTask {
  readonly name: string;
  /** What holds where the user may choose, for the log. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** By score; those left out are numbers. Undefined: what holds only 0 and 1 is taken for binary. */
  readonly scoreKinds?: Readonly<Record<string, ScoreKind>>;
  /** How often each sample is asked, unless the user says so. */
  readonly epochs?: number;
  /** What samples' clusters are, for the log. */
  readonly cluster?: string;
  /** In the order in which they are asked. */
  samples(): Promise<readonly EvalSample[]>;
  evaluate(sample: EvalSample, context: SampleContext): Promise<SampleOutcome>;
  /** @param outcomes - of the samples that could be evaluated, in the order of the samples */
  report(outcomes: readonly ReportedOutcome[]): EvalReport;
  /** Numbers of all samples that are no mean of a score, with their intervals. */
  summaries?(outcomes: readonly ReportedOutcome[]): readonly ScoreSummary[];
  /** Frees what it holds. */
  readonly close?: () => Promise<void>;
}

/** The text of a model's first choice. */
export function firstText({ texts }: ModelAnswer): string {
  return texts[0] ?? "";
}
