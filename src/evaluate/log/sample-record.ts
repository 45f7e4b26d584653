import type {
  CallArguments,
  Message,
  ModelAnswer,
  TextLikelihood,
  TokenUsage,
} from "../../language-model/language-model.ts";
import type { Machine } from "../../workspace/machine.ts";
import type { ModelUsage } from "../cost/cost-meter.ts";
import type { PriceList } from "../cost/prices.ts";
import type { EvalEvent, EvalReport, Score, ScoreKind } from "../eval-task.ts";
import type { AnswerFlaw } from "../run/answer-flaws.ts";

/** A call of a model, as it is kept. */
export interface CallRecord {
  /** Name of the model that was asked. */
  readonly model: string;
  readonly role: "policy" | "grader";
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
  readonly texts: readonly string[];
  /** Why each text ended, in OpenAI's names; absent where all came to their own end. */
  readonly finishReasons?: readonly (string | null)[];
  /** Where the texts were given, and how likely they are was asked. */
  readonly likelihoods?: readonly TextLikelihood[];
  readonly usage?: TokenUsage;
  readonly milliseconds: number;
  /** Whether the answer came from the cache or an interrupted sample, and cost nothing. */
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
  /** What the models' answers depend on besides their names, by name. */
  readonly modelSettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What the user gave on the command line, before defaults. */
  readonly given?: Readonly<Record<string, unknown>>;
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
  /** Absent in the logs of others. */
  readonly machine?: Machine;
  /** USD per million tokens, of the models whose prices were given. */
  readonly prices?: PriceList;
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
  /** What is wrong with its answers whatever they say; absent where nothing is. */
  readonly flaws?: readonly AnswerFlaw[];
  /** Why it could not be evaluated; it counts as unscored then. */
  readonly error?: string;
}

/** A question of a sample and its answer, whatever calls it took. */
export interface AnsweredRequest {
  /** Name of the model that was asked. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
  readonly answer: ModelAnswer;
}

/** What was answered of a sample that was interrupted, so that it need not be asked again. */
export interface SamplePart {
  readonly type: "sample-part";
  readonly time: string;
  readonly id: string;
  readonly epoch?: number;
  readonly calls: readonly CallRecord[];
  /** The answers, whole, in their order; calls that asked for likelihoods have none. */
  readonly answers: readonly AnsweredRequest[];
}

/** The end of a run. */
export interface LogEnd {
  readonly type: "eval-end";
  readonly time: string;
  readonly report: EvalReport;
  /** Tokens that were paid for, those of earlier runs of the log included. */
  readonly usage?: readonly ModelUsage[];
  /** USD that they cost; null where a price is not known. */
  readonly cost?: number | null;
}

/** A line of an evaluation's log. */
export type LogLine = LogHeader | SampleRecord | SamplePart | LogEnd;
