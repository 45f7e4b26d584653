import { dirname } from "node:path";
import { DataError, ForetokenError } from "../../errors.ts";
import type { CallArguments } from "../../language-model/language-model.ts";
import {
  type AskedModel,
  type EvalReport,
  type EvalSample,
  type EvalTask,
  firstText,
  type ReportedOutcome,
  type SampleContext,
  type SampleOutcome,
  type Score,
} from "../eval-task.ts";
import type { CorpusResult } from "../scorers/scorer.ts";
import { meanScores } from "../summary/mean-scores.ts";
import { thrown, usersCode } from "./_users-code.ts";
import { scorersOf } from "./define-task.ts";
import { imageHashes, withImages } from "./image.ts";
import { generate, system as says } from "./solvers.ts";
import type {
  Ask,
  AskedSample,
  KindScorer,
  Metric,
  Solver,
  SolverState,
  SolverStep,
  Task,
} from "./task-definition.ts";
import { conversation, shown, taskSamples } from "./task-samples.ts";
import { isBuiltIn, resolvedScorer, scoreOf } from "./task-scorers.ts";

/** How a task of a file is run. */
export interface DefinedOptions {
  /** Where the task was defined: errors name it, and paths of images begin there. */
  readonly file: string;
  /** Arguments of calls that the user gave, over those of the task. */
  readonly callArguments: CallArguments;
  /** Said before each conversation. */
  readonly system?: string | undefined;
  /** Only the first so many samples. */
  readonly maxSamples?: number | undefined;
}

/** Of calls, where the task says nothing. */
const defaultArguments: CallArguments = { temperature: 0, max_tokens: 1024 };

/**
 * The evaluation of a task that was defined in code. What the user's functions throw, or give that
 * is no score, fails their sample; faults of ours end the run.
 */
export function definedEvalTask({ name, definition }: Task, options: DefinedOptions): EvalTask {
  const { file, maxSamples, system } = options;
  const scorers = Object.entries(scorersOf(definition)).map(
    ([score, scorer]) => [score, resolvedScorer(scorer)] as const,
  );
  const callArguments = {
    ...{ ...defaultArguments, ...definition.arguments, ...options.callArguments },
  };
  const solvers = [
    ...(system === undefined ? [] : [says(system)]),
    ...[definition.solver ?? []].flat(),
  ];
  const byId = new Map<string, AskedSample>();
  return {
    name,
    settings: { ...callArguments, ...(system !== undefined && { system }) },
    scoreKinds: Object.fromEntries(scorers.map(([score, { kind }]) => [score, kind])),
    ...(definition.epochs !== undefined && { epochs: definition.epochs }),
    ...(definition.cluster !== undefined && { cluster: definition.cluster }),
    async samples() {
      const all = (await taskSamples(definition, file)).slice(0, maxSamples);
      for (const sample of all) byId.set(sample.id, sample);
      return Promise.all(all.map((sample) => hashedSample(sample, file)));
    },
    evaluate: ({ id }, context) =>
      evaluated(byId.get(id)!, context, { file, scorers, solvers, callArguments }),
    summaries: (outcomes) =>
      corpusResults(scorers, outcomes).map(([corpus, all]) => ({ ...all.summary(), name: corpus })),
    report: (outcomes) => ({
      ...meanScores(
        outcomes,
        scorers.map(([score]) => score),
      ),
      ...Object.fromEntries(
        corpusResults(scorers, outcomes).map(([corpus, { value }]) => [corpus, value]),
      ),
      ...metricsOf(definition.metrics ?? {}, outcomes, { file, byId }),
    }),
  };
}

/** What makes a sample what it is, for the log's hash. */
async function hashedSample(sample: AskedSample, file: string): Promise<EvalSample> {
  const { id, input, ideal, metadata, cluster } = sample;
  const images = typeof input === "string" ? [] : await imageHashes(input, dirname(file));
  return {
    id,
    data: {
      ...{ ...metadata, input },
      ...(ideal !== undefined && { ideal }),
      ...(images.length > 0 && { images }),
    },
    ...(cluster !== undefined && { cluster }),
  };
}

interface Steps {
  readonly file: string;
  readonly scorers: readonly (readonly [string, KindScorer])[];
  readonly solvers: readonly Solver[];
  readonly callArguments: CallArguments;
}

async function evaluated(
  sample: AskedSample,
  context: SampleContext,
  steps: Steps,
): Promise<SampleOutcome> {
  const { file, scorers, solvers, callArguments } = steps;
  const where = `${file}: ${sample.id}`;
  for (const [, scorer] of scorers) await checked(scorer, sample, where);
  const faults: unknown[] = [];
  const asking = (model: AskedModel): Ask => {
    return async (input, own = {}) => {
      const messages = await withImages(conversation(input, `${where}: ask`), dirname(file));
      try {
        return firstText(await context.ask(model, messages, { ...callArguments, ...own }));
      } catch (error) {
        if (!(error instanceof ForetokenError)) faults.push(error);
        throw error;
      }
    };
  };
  const grade = asking("grader");
  const outcome = solved(sample, { file, solvers, ask: asking({ policy: 0 }) }).then((answer) =>
    scored(answer, sample, { file, scorers, grade }),
  );
  // the user's functions may catch, or dress up, what is a fault of ours
  const [ended] = await Promise.allSettled([outcome]);
  if (faults.length > 0) throw faults[0];
  if (ended.status === "rejected") throw ended.reason;
  return ended.value;
}

/** Refuses right answers that a scorer of ours cannot compare with, before anything is paid for. */
async function checked(scorer: KindScorer, sample: AskedSample, where: string): Promise<void> {
  if (!isBuiltIn(scorer)) return;
  try {
    await scorer.check(sample);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`${where}: ${error.message}`, { cause: error });
  }
}

async function solved(
  sample: AskedSample,
  how: { readonly file: string; readonly solvers: readonly Solver[]; readonly ask: Ask },
): Promise<string> {
  const { file, solvers, ask } = how;
  const where = `${file}: ${sample.id}`;
  let state: SolverState = { sample, messages: conversation(sample.input, where) };
  for (const [i, solver] of solvers.entries()) {
    const what = `${sample.id}: solver ${solver.name || i + 1}`;
    const named = `${file}: ${what}`;
    const step = await usersCode({ file, what }, () => solver(state, ask));
    state = { ...state, ...changes(step, named) };
  }
  if (state.answer !== undefined) return state.answer;
  return (changes(await generate()(state, ask), where).answer ?? "") as string;
}

/** @throws {DataError} when a solver gave something else than a step */
function changes(step: SolverStep, where: string): Partial<SolverState> {
  if (typeof step === "string") return { answer: step };
  const isObject = typeof step === "object" && step !== null;
  const { messages, answer } = isObject ? step : {};
  if (isObject && (answer === undefined || typeof answer === "string")) {
    return {
      ...(messages !== undefined && { messages: conversation(messages, where) }),
      ...(answer !== undefined && { answer }),
    };
  }
  throw new DataError(`${where}: expected a text, or { messages, answer }, got ${shown(step)}`);
}

async function scored(
  answer: string,
  sample: AskedSample,
  how: Pick<Steps, "scorers" | "file"> & { readonly grade: Ask },
): Promise<SampleOutcome> {
  const scores: Record<string, Score> = {};
  for (const [name, scorer] of how.scorers) {
    const what = `${sample.id}: scorer ${name}`;
    const run = () => scorer.score(answer, sample, { grade: how.grade });
    const given = isBuiltIn(scorer) ? await run() : await usersCode({ file: how.file, what }, run);
    scores[name] = scoreOf(given, scorer.kind, `${how.file}: ${what}`);
  }
  const [first] = Object.values(scores);
  const data = { correct: first?.value === 1, expected: sample.ideal ?? null, sampled: answer };
  return {
    scores,
    events: [{ type: "match", data: { ...data, picked: first?.answer ?? null } }],
  };
}

/** Scores of all answers together that are no means, such as BLEU, each behind `corpus_`. */
function corpusResults(
  scorers: Steps["scorers"],
  outcomes: readonly ReportedOutcome[],
): readonly (readonly [string, CorpusResult])[] {
  const texts = outcomes.flatMap(({ id, cluster, events }) =>
    events.map(({ data: { sampled, expected } }) => ({
      ...{ id, cluster, text: String(sampled) },
      ideals: [expected ?? []].flat().map(String),
    })),
  );
  return scorers.flatMap(([name, scorer]) => {
    const all = isBuiltIn(scorer) ? scorer.together(texts) : undefined;
    return all === undefined ? [] : [[`corpus_${name}`, all] as const];
  });
}

/** @throws {DataError} when a metric throws, or gives no number */
function metricsOf(
  metrics: Readonly<Record<string, Metric>>,
  outcomes: readonly ReportedOutcome[],
  { file, byId }: { readonly file: string; readonly byId: ReadonlyMap<string, AskedSample> },
): EvalReport {
  const all = outcomes.flatMap(({ id = "", scores }) => {
    const sample = byId.get(id);
    return sample === undefined ? [] : [{ sample, scores }];
  });
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => {
      let value: unknown;
      try {
        value = metric(all);
      } catch (error) {
        throw new DataError(`${file}: metric ${name} threw ${thrown(error, file)}`, {
          cause: error,
        });
      }
      if (typeof value === "number") return [name, value];
      throw new DataError(`${file}: metric ${name}: expected a number, got ${shown(value)}`);
    }),
  );
}
