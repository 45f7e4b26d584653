export type { CallArguments, Message, MessagePart } from "../language-model/language-model.ts";
export { defineTask } from "./define/define-task.ts";
export { image, text } from "./define/image.ts";
export {
  chainOfThought,
  type FewShotExample,
  fewShot,
  generate,
  system,
} from "./define/solvers.ts";
export type {
  Ask,
  AskedSample,
  GivenScore,
  KindScorer,
  Metric,
  Sample,
  ScoredSample,
  ScoreFunction,
  Scorer,
  Solver,
  SolverState,
  SolverStep,
  Task,
  TaskDefinition,
} from "./define/task-definition.ts";
export {
  choice,
  exact,
  f1,
  includes,
  json,
  numeric,
  regex,
  scorer,
} from "./define/task-scorers.ts";
export type { Score, ScoreKind } from "./eval-task.ts";
export { type EvalLog, readEvalLog } from "./log/eval-log.ts";
export type { CallRecord, LogHeader, SampleRecord } from "./log/sample-record.ts";
export type { ScorerOptions } from "./scorers/scorer.ts";
export type { ScorerName } from "./scorers/scorers.ts";
