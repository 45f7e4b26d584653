import { ForetokenError } from "../../errors.ts";
import { documentMessage } from "../../language-model/document-message.ts";
import type {
  CallArguments,
  LanguageModel,
  Message,
  ModelAnswer,
  ModelRequest,
} from "../../language-model/language-model.ts";
import { likelihoodTokens } from "../cost/call-tokens.ts";
import { mostAnswerTokens, promptTokens } from "../cost/token-estimate.ts";
import type { AskedModel, EvalSample, EvalTask, SampleContext } from "../eval-task.ts";
import { drawOf, type SampleEpoch, sampleEpochs } from "./sample-epochs.ts";

/** What a model will be asked. */
export interface PlannedCalls {
  readonly model: string;
  readonly calls: number;
  /** Estimated from their bytes. */
  readonly promptTokens: number;
  /** Of the calls that bound their answers. */
  readonly mostAnswerTokens: number;
  /** Calls without a bound. */
  readonly unboundedCalls: number;
}

/** What a run will ask, known without asking. */
export interface RunPlan {
  readonly samples: number;
  /** Samples that stand in the log. */
  readonly done: number;
  /** Samples whose answers are in a cache. */
  readonly cached: number;
  /** Samples that fail before they ask anything. */
  readonly unaskable: number;
  /** Samples that will ask something new. */
  readonly fresh: number;
  /** The first new question of each sample, by model. */
  readonly first: readonly PlannedCalls[];
  /**
   * What samples ask after that, by model: scaled up from a few, whose questions were answered with
   * nothing, so that prompts which quote an answer are longer.
   */
  readonly later: readonly PlannedCalls[];
}

/** What is planned, and what is known already. */
export interface RunPlanOptions {
  readonly task: EvalTask;
  readonly samples: readonly EvalSample[];
  readonly policies: readonly LanguageModel[];
  readonly grader: LanguageModel;
  readonly seed: number;
  /** How often each sample is asked; once by default. */
  readonly epochs?: number;
  /** Samples that an earlier run has evaluated, by `recordName`. */
  readonly done: ReadonlySet<string> | ReadonlyMap<string, unknown>;
  /** The answer to a request that need not be asked; asked once for each time it would be used. */
  readonly known: (model: string, request: ModelRequest) => ModelAnswer | undefined;
  /** Samples that are looked at for what they ask after their first question. */
  readonly probes: number;
}

/** Ends a sample whose next question is known. */
const seenEnough = new Error("the dry pass has seen the question");

/** A sample that asks more than this is looked at no further. */
const mostProbedCalls = 50;

/**
 * Finds out what a run will ask, by evaluating each sample up to its first question that is not
 * answered already. Nothing is asked.
 */
export async function planRun(options: RunPlanOptions): Promise<RunPlan> {
  const { samples, epochs = 1, done } = options;
  const waiting = [...sampleEpochs(samples, epochs)].filter(({ name }) => !done.has(name));
  const later = new CallSums();
  const probed = waiting.slice(0, options.probes);
  for (const sample of probed) await probe(sample, options, later);
  const goesOn = later.list().length > 0;
  const first = new CallSums();
  const counts = { cached: 0, unaskable: 0, fresh: 0 };
  for (const sample of waiting) counts[await dryRun(sample, options, { goesOn, first })]++;
  const scale = probed.length === 0 ? 0 : counts.fresh / probed.length;
  return {
    ...{ samples: samples.length * epochs, done: samples.length * epochs - waiting.length },
    ...counts,
    ...{ first: first.list(), later: later.list(scale) },
  };
}

type Asked = (
  model: LanguageModel,
  call: PlannedCalls,
  request: ModelRequest | undefined,
) => ModelAnswer;

/** Evaluates a sample up to its first new question. */
async function dryRun(
  sample: SampleEpoch,
  options: RunPlanOptions,
  { goesOn, first }: { readonly goesOn: boolean; readonly first: CallSums },
): Promise<"cached" | "unaskable" | "fresh"> {
  let state: "cached" | "unaskable" | "fresh" = "unaskable";
  await dryEvaluation(sample, options, (model, call, request) => {
    const answer = request && options.known(model.name, request);
    state = answer === undefined ? "fresh" : "cached";
    if (answer === undefined) first.add(call);
    if (answer === undefined || !goesOn) throw seenEnough;
    return answer;
  });
  return state;
}

/** Notes what a sample asks after its first question, each being answered with nothing. */
async function probe(sample: SampleEpoch, options: RunPlanOptions, later: CallSums): Promise<void> {
  let calls = 0;
  await dryEvaluation(sample, options, (_, call, request) => {
    if (calls > 0) later.add(call);
    calls++;
    if (request === undefined || calls >= mostProbedCalls) throw seenEnough;
    return nothing(request.arguments);
  });
}

/** An answer without text, with as many choices as were asked for. */
function nothing({ n }: CallArguments): ModelAnswer {
  const choices = Array.from({ length: typeof n === "number" ? n : 1 }, () => "");
  return {
    texts: choices,
    finishReasons: choices.map(() => "stop"),
    toolCalls: choices.map(() => []),
    ...{ usage: undefined, model: "", unsupported: [] },
  };
}

/** Evaluates a sample with a stand-in for its models; a sample that fails ends there. */
async function dryEvaluation(
  asked: SampleEpoch,
  { task, policies, grader, seed }: RunPlanOptions,
  answer: Asked,
): Promise<void> {
  const modelOf = (which: AskedModel) => (which === "grader" ? grader : policies[which.policy]!);
  const context: SampleContext = {
    seed,
    ask: async (which, messages, callArguments) => {
      const model = modelOf(which);
      const call = plannedCall(model.name, messages, callArguments);
      return answer(model, call, { messages, arguments: callArguments, ...drawOf(asked) });
    },
    complete: async (prompt, { images, arguments: callArguments }) => {
      const model = policies[0]!;
      const call = plannedCall(model.name, [documentMessage({ prompt, images })], callArguments);
      answer(model, call, undefined);
      throw seenEnough;
    },
    score: async (prompt, continuations) => {
      const model = policies[0]!;
      const tokens = likelihoodTokens([{ role: "user", content: prompt }], continuations);
      const { promptTokens: prompts, answerTokens } = tokens;
      const call = { ...{ model: model.name, calls: 1 }, promptTokens: prompts };
      answer(model, { ...call, mostAnswerTokens: answerTokens, unboundedCalls: 0 }, undefined);
      throw seenEnough;
    },
  };
  try {
    await task.evaluate(asked.sample, context);
  } catch (error) {
    if (error !== seenEnough && !(error instanceof ForetokenError)) throw error;
  }
}

function plannedCall(
  model: string,
  messages: readonly Message[],
  callArguments: CallArguments,
): PlannedCalls {
  const most = mostAnswerTokens(callArguments);
  return {
    ...{ model, calls: 1, promptTokens: promptTokens(messages, callArguments) },
    mostAnswerTokens: most ?? 0,
    unboundedCalls: most === undefined ? 1 : 0,
  };
}

/** Sums of planned calls by model. */
class CallSums {
  readonly #sums = new Map<string, PlannedCalls>();

  add(call: PlannedCalls): void {
    const before = this.#sums.get(call.model);
    this.#sums.set(call.model, before === undefined ? call : plus(before, call));
  }

  /** @param scale - what each number is multiplied by */
  list(scale = 1): PlannedCalls[] {
    const scaled = (value: number) => Math.round(scale * value);
    return [...this.#sums.values()].map((one) => ({
      model: one.model,
      calls: scaled(one.calls),
      promptTokens: scaled(one.promptTokens),
      mostAnswerTokens: scaled(one.mostAnswerTokens),
      unboundedCalls: scaled(one.unboundedCalls),
    }));
  }
}

function plus(a: PlannedCalls, b: PlannedCalls): PlannedCalls {
  return {
    model: a.model,
    calls: a.calls + b.calls,
    promptTokens: a.promptTokens + b.promptTokens,
    mostAnswerTokens: a.mostAnswerTokens + b.mostAnswerTokens,
    unboundedCalls: a.unboundedCalls + b.unboundedCalls,
  };
}
