import type {
  CallArguments,
  Message,
  TextLikelihood,
  TokenUsage,
} from "../../language-model/language-model.ts";
import type { EvalEvent, EvalReport, Score, ScoreKind } from "../eval-task.ts";

/** A call of a model, as it is kept. */
export interface CallRecord {
  /** Name of the model that was asked. */
  readonly model: string;
  readonly role: "policy" | "grader";
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
  readonly texts: readonly string[];
  /** Where the texts were given, and how likely they are was asked. */
  readonly likelihoods?: readonly TextLikelihood[];
  readonly usage?: TokenUsage;
  readonly milliseconds: number;
  /** Whether the answer came from the cache. */
  readonly isCached: boolean;
  /** Fields that the model's provider could not carry. */
  readonly unsupported?: readonly string[];
}

/** What an evaluation's log says first. */
export interface LogHeader {
  readonly type: "eval-start";
  /** ISO 8601. */
  readonly time: string;
  readonly run: string;
  readonly task: string;
  /** Of a registry's evaluation: its class and where it comes from. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** Arguments as they were given, and as they hold. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly models: readonly string[];
  /** Arguments of a registry's models that the user gave. */
  readonly modelArguments?: Readonly<Record<string, unknown>>;
  readonly grader: string | null;
  readonly seed: number;
  readonly maxSamples: number | null;
  /** SHA-256 of the samples in their order; null in the logs of others, which do not tell it. */
  readonly dataHash: string | null;
  readonly samples: number;
  /** How often each sample is asked; 1 when absent. */
  readonly epochs?: number;
  /** What is made of a sample's scores, by the names of `parseReducers`; the mean when absent. */
  readonly reducers?: readonly string[];
  /** What samples have in common that are not independent, such as a column. */
  readonly cluster?: string;
  readonly scoreKinds?: Readonly<Record<string, ScoreKind>>;
  readonly codeVersion: string;
}

/** One sample, evaluated or failed. */
export interface SampleRecord {
  readonly type: "sample-end";
  readonly time: string;
  readonly id: string;
  /** Which time the sample was asked, from 1, where it is asked several times. */
  readonly epoch?: number;
  readonly cluster?: string;
  readonly calls: readonly CallRecord[];
  readonly scores: Readonly<Record<string, Score>>;
  readonly events: readonly EvalEvent[];
  /** Why it could not be evaluated; it counts as unscored then. */
  readonly error?: string;
}

/** The end of a run. */
export interface LogEnd {
  readonly type: "eval-end";
  readonly time: string;
  readonly report: EvalReport;
}

/** A line of an evaluation's log. */
export type LogLine = LogHeader | SampleRecord | LogEnd;
