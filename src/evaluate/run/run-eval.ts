import { createHash } from "node:crypto";
import { ConfigError, ForetokenError } from "../../errors.ts";
import { documentMessage } from "../../language-model/document-message.ts";
import type {
  LanguageModel,
  ModelRequest,
  ModelStep,
} from "../../language-model/language-model.ts";
import { atOnce, type Work } from "../../workspace/at-once.ts";
import type { LineFile } from "../../workspace/line-file.ts";
import type { EvalReport, EvalSample, EvalTask, SampleContext } from "../eval-task.ts";
import { recordName } from "./record-name.ts";
import type { CallRecord, SampleRecord } from "./sample-record.ts";

/** What an evaluation is run with. */
export interface EvalRunOptions {
  readonly task: EvalTask;
  readonly samples: readonly EvalSample[];
  /** How often each sample is asked, all samples once before any a second time; once by default. */
  readonly epochs?: number;
  /** The models that are evaluated; most tasks take one. */
  readonly policies: readonly LanguageModel[];
  readonly grader: LanguageModel;
  readonly seed: number;
  /** Samples that are under way at the same time. */
  readonly concurrency: number;
  /** Samples that an earlier run has evaluated, by `recordName`. */
  readonly done: ReadonlyMap<string, SampleRecord>;
  readonly log: LineFile;
  /** So many failed samples end the run; none do when undefined. */
  readonly mostErrors?: number | undefined;
  /** Asks whether an answer came from a cache. */
  readonly isCached?: (request: ModelRequest) => boolean;
  readonly signal?: AbortSignal | undefined;
  readonly now?: () => Date;
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
}

/**
 * Runs an evaluation: samples side by side, each by itself. A sample that fails is recorded with its
 * error, and the others go on; what an earlier run has done is not asked again.
 *
 * @throws what was thrown that is no deliberate error: a fault of the task
 */
export async function* runEval(options: EvalRunOptions): AsyncGenerator<SampleEnd, EvalResult> {
  const { task, samples, done, log, signal, mostErrors = Number.POSITIVE_INFINITY } = options;
  const { now = () => new Date(), epochs = 1 } = options;
  const records = new Map([...done].map(([name, record]) => [name, withoutCalls(record)]));
  const asked = Array.from({ length: epochs }, (_, i) =>
    samples.map((sample) => {
      const epoch = epochs === 1 ? undefined : i + 1;
      return { sample, epoch, name: recordName({ id: sample.id, ...(epoch && { epoch }) }) };
    }),
  ).flat();
  let errors = 0;
  const isStopped = () => signal?.aborted === true || errors >= mostErrors;
  const works = asked
    .filter(({ name }) => !done.has(name))
    .map(
      ({ name, ...one }): Work<SampleEnd, void> =>
        async function* () {
          if (isStopped()) return;
          const record = await evaluated(one, options);
          if (record === undefined) return; // interrupted: as if it had not begun
          log.append(JSON.stringify(record));
          records.set(name, withoutCalls(record));
          if (record.error !== undefined) errors++;
          yield { type: "sample-end", record };
        },
    );
  yield* atOnce(works, options.concurrency);
  const inOrder = asked.flatMap(({ name }) => records.get(name) ?? []);
  const report = task.report(inOrder.filter(({ error }) => error === undefined));
  const isWhole = inOrder.length === asked.length;
  if (isWhole) {
    log.append(JSON.stringify({ type: "eval-end", time: now().toISOString(), report }));
  }
  return { records: inOrder, report, isWhole };
}

/** What a report reads of a sample: thousands of conversations need not stay in memory. */
function withoutCalls(record: SampleRecord): SampleRecord {
  return { ...record, calls: [] };
}

/** A sample, and which time it is asked, where there are several. */
interface AskedSample {
  readonly sample: EvalSample;
  readonly epoch: number | undefined;
}

/** Evaluates one sample; undefined when it was interrupted. */
async function evaluated(
  { sample, epoch }: AskedSample,
  options: EvalRunOptions,
): Promise<SampleRecord | undefined> {
  const { task, signal, now = () => new Date() } = options;
  const calls: CallRecord[] = [];
  const { id, cluster } = sample;
  const own = { id, ...(epoch && { epoch }), ...(cluster !== undefined && { cluster }) };
  const ended = () => ({ type: "sample-end", time: now().toISOString(), ...own, calls }) as const;
  const context = contextFor(options, { calls, draw: (epoch ?? 1) - 1 });
  try {
    const { scores, events } = await task.evaluate(sample, context);
    return { ...ended(), scores, events };
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    if (!(error instanceof ForetokenError)) throw error;
    return { ...ended(), scores: {}, events: [], error: error.message };
  }
}

function contextFor(
  options: EvalRunOptions,
  { calls, draw }: { readonly calls: CallRecord[]; readonly draw: number },
): SampleContext {
  const { policies, grader, seed, signal, isCached } = options;
  return {
    seed,
    async ask(asked, messages, callArguments) {
      const role = asked === "grader" ? "grader" : "policy";
      const model = asked === "grader" ? grader : policies[asked.policy]!;
      const own = { ...(draw > 0 && { draw }), signal };
      const request = { messages, arguments: callArguments, ...own };
      const start = performance.now();
      const answer = await model.chat(request);
      const milliseconds = performance.now() - start;
      const steps = answer.steps ?? [{ model: model.name, request, answer, milliseconds }];
      for (const step of steps) calls.push(callRecord(step, role, isCached));
      return answer;
    },
    async complete(prompt, { images, arguments: callArguments }) {
      const [model] = policies;
      if (model?.complete === undefined) {
        throw new ConfigError(
          `${model?.name}: answers conversations only, and this evaluation gives the beginning of a text; take a model of yours, or a server with /completions`,
        );
      }
      const start = performance.now();
      const own = { ...(draw > 0 && { draw }), signal };
      const asked = { prompt, images, arguments: callArguments, ...own };
      const answer = await model.complete(asked);
      const messages = [documentMessage({ prompt, images })];
      const request = { messages, arguments: callArguments };
      const step = { model: model.name, request, answer, milliseconds: performance.now() - start };
      calls.push(callRecord(step, "policy", isCached));
      return answer;
    },
    async score(prompt, continuations) {
      const [model] = policies;
      if (model?.score === undefined) {
        throw new ConfigError(
          `${model?.name}: tells no log-probabilities of given texts; take a model of yours, or a server that echoes them`,
        );
      }
      const start = performance.now();
      const likelihoods = await model.score({ prompt, continuations, signal });
      calls.push({
        ...{ model: model.name, role: "policy", arguments: {} },
        ...{ messages: [{ role: "user", content: prompt }], texts: continuations, likelihoods },
        ...{ milliseconds: Math.round(performance.now() - start), isCached: false },
      });
      return likelihoods;
    },
  };
}

function callRecord(
  { model, request, answer, milliseconds }: ModelStep,
  role: CallRecord["role"],
  isCached: EvalRunOptions["isCached"],
): CallRecord {
  const { texts, usage, unsupported } = answer;
  return {
    ...{ model, role, messages: request.messages, arguments: request.arguments, texts },
    ...(usage !== undefined && { usage }),
    milliseconds: Math.round(milliseconds),
    isCached: isCached?.(request) ?? false,
    ...(unsupported.length > 0 && { unsupported }),
  };
}

/** SHA-256 of samples in their order, for a log to tell whether they are the same. */
export function samplesHash(samples: readonly EvalSample[]): string {
  const hash = createHash("sha256");
  for (const { id, data } of samples) hash.update(`${JSON.stringify([id, data])}\n`);
  return hash.digest("hex");
}
