import { createHash } from "node:crypto";
import { ForetokenError, ProviderError } from "../../errors.ts";
import { atOnce, type Work } from "../../workspace/at-once.ts";
import type { LineFile } from "../../workspace/line-file.ts";
import { CostLimitReached } from "../cost/cost-budget.ts";
import { CostMeter } from "../cost/cost-meter.ts";
import type { EvalReport, EvalSample, EvalTask } from "../eval-task.ts";
import { withoutCalls } from "../log/eval-log.ts";
import type { LogEnd, SamplePart, SampleRecord } from "../log/sample-record.ts";
import { answerFlaws } from "./answer-flaws.ts";
import { type AnsweringModels, SampleNotes, sampleContext } from "./sample-context.ts";
import { type SampleEpoch, sampleEpochs } from "./sample-epochs.ts";

/** What an evaluation is run with. */
export interface EvalRunOptions extends AnsweringModels {
  readonly task: EvalTask;
  readonly samples: readonly EvalSample[];
  /** How often each sample is asked, all samples once before any a second time; once by default. */
  readonly epochs?: number;
  /** Samples that are under way at the same time. */
  readonly concurrency: number;
  /** Samples that an earlier run has evaluated, by `recordName`. */
  readonly done: ReadonlyMap<string, SampleRecord>;
  /** What was answered of samples that an earlier run has begun, by `recordName`. */
  readonly parts?: ReadonlyMap<string, SamplePart>;
  readonly log: LineFile;
  /** Counts what calls take. */
  readonly meter?: CostMeter | undefined;
  /** So many failed samples end the run; none do when undefined. */
  readonly mostErrors?: number | undefined;
}

/** A sample that was evaluated, or failed. */
export interface SampleEnd {
  readonly type: "sample-end";
  readonly record: SampleRecord;
}

/** What a run came to. */
export interface EvalResult {
  /** In the order in which they are asked; only those that were reached, and without their calls. */
  readonly records: readonly SampleRecord[];
  readonly report: EvalReport;
  /** Whether every sample was reached. */
  readonly isWhole: boolean;
  /** Whether it ended because the next call might have cost more than was left. */
  readonly isOutOfBudget: boolean;
}

/**
 * Runs an evaluation: samples side by side, each by itself. A sample that fails is recorded with its
 * error, and the others go on; what an earlier run has done is not asked again.
 *
 * @throws {ProviderError} when a provider was never reached; what others answered until then is kept
 * @throws what was thrown that is no deliberate error: a fault of the task
 */
export async function* runEval(options: EvalRunOptions): AsyncGenerator<SampleEnd, EvalResult> {
  const { task, samples, epochs = 1, done, log, meter = new CostMeter() } = options;
  const records = new Map(done);
  const state: RunState = { errors: 0, isOutOfBudget: false };
  yield* atOnce(works({ ...options, meter }, records, state), options.concurrency);
  if (state.lost !== undefined) throw state.lost;
  const inOrder = [...sampleEpochs(samples, epochs)].flatMap(({ name }) => records.get(name) ?? []);
  const report = task.report(inOrder.filter(({ error }) => error === undefined));
  const isWhole = inOrder.length === samples.length * epochs;
  if (isWhole) {
    const end = { type: "eval-end", time: new Date().toISOString(), report } as const;
    log.append(JSON.stringify({ ...end, ...meter.spending() } satisfies LogEnd));
  }
  return { records: inOrder, report, isWhole, isOutOfBudget: state.isOutOfBudget };
}

interface RunState {
  errors: number;
  isOutOfBudget: boolean;
  /** Of a provider that every other sample would miss, too. */
  lost?: ProviderError;
}

/** The samples that are not done, as work that is made when its turn comes. */
function* works(
  options: EvalRunOptions & { readonly meter: CostMeter },
  records: Map<string, SampleRecord>,
  state: RunState,
): Generator<Work<SampleEnd, void>> {
  const { samples, epochs = 1, done, log, meter, signal } = options;
  const { mostErrors = Number.POSITIVE_INFINITY } = options;
  for (const asked of sampleEpochs(samples, epochs)) {
    if (done.has(asked.name)) continue;
    if (signal?.aborted === true || state.errors >= mostErrors || isOver(state)) return;
    yield async function* () {
      const line = await evaluated(asked, options, state);
      if (line === undefined) return; // interrupted: as if it had not begun
      log.append(JSON.stringify(line));
      const isWhole = line.type === "sample-end" && line.error === undefined;
      meter.count(line.calls, { isWhole });
      if (line.type === "sample-part") return;
      records.set(asked.name, withoutCalls(line));
      if (line.error !== undefined) state.errors++;
      yield { type: "sample-end", record: line };
    };
  }
}

/** Evaluates one sample; what was answered when it was interrupted, undefined when nothing was. */
async function evaluated(
  asked: SampleEpoch,
  options: EvalRunOptions,
  state: RunState,
): Promise<SampleRecord | SamplePart | undefined> {
  const { task, signal } = options;
  const { sample, epoch, name } = asked;
  const notes = new SampleNotes(options.parts?.get(name));
  const { calls, answers } = notes;
  const { id, cluster } = sample;
  const ended = () => ({
    ...{ time: new Date().toISOString(), id, ...(epoch && { epoch }) },
    ...(cluster !== undefined && { cluster }),
    calls,
  });
  try {
    const { scores, events } = await task.evaluate(sample, sampleContext(options, asked, notes));
    const flaws = answerFlaws(calls);
    return { type: "sample-end", ...ended(), scores, events, ...(flaws.length > 0 && { flaws }) };
  } catch (error) {
    const isEnd = endsRun(error, state);
    if (signal?.aborted === true || isEnd) {
      return calls.length === 0 ? undefined : { type: "sample-part", ...ended(), answers };
    }
    if (!(error instanceof ForetokenError)) throw error;
    return { type: "sample-end", ...ended(), scores: {}, events: [], error: error.message };
  }
}

/** Notes an error with which no sample can go on. */
function endsRun(error: unknown, state: RunState): boolean {
  if (error instanceof CostLimitReached) {
    state.isOutOfBudget = true;
    return true;
  }
  if (!(error instanceof ProviderError) || error.failure.concernsAll !== true) return false;
  state.lost ??= error;
  return true;
}

function isOver({ isOutOfBudget, lost }: RunState): boolean {
  return isOutOfBudget || lost !== undefined;
}

/** SHA-256 of samples in their order, for a log to tell whether they are the same. */
export function samplesHash(samples: readonly EvalSample[]): string {
  const hash = createHash("sha256");
  for (const { id, data } of samples) hash.update(`${JSON.stringify([id, data])}\n`);
  return hash.digest("hex");
}
