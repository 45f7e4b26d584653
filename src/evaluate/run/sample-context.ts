import { ProviderError } from "../../errors.ts";
import { documentMessage } from "../../language-model/document-message.ts";
import type {
  CallArguments,
  LanguageModel,
  Message,
  ModelAnswer,
  ModelRequest,
  ModelStep,
} from "../../language-model/language-model.ts";
import type { SampleContext } from "../eval-task.ts";
import type { AnsweredRequest, CallRecord, SamplePart } from "../log/sample-record.ts";
import { drawOf, type SampleEpoch } from "./sample-epochs.ts";

/** Who answers a sample's questions. */
export interface AnsweringModels {
  readonly policies: readonly LanguageModel[];
  readonly grader: LanguageModel;
  readonly seed: number;
  /** Asks whether an answer came from a cache. */
  readonly isCached?: ((request: ModelRequest) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is noted while a sample is evaluated. */
export class SampleNotes {
  readonly calls: CallRecord[] = [];
  readonly answers: AnsweredRequest[] = [];
  readonly #known: { readonly key: string; readonly answer: ModelAnswer }[];

  /** @param part - what was answered before the sample was interrupted */
  constructor(part: SamplePart | undefined) {
    this.#known = (part?.answers ?? []).map((one) => ({ key: keyOf(one), answer: one.answer }));
  }

  /** An answer that a question had before, once. */
  take(question: Omit<AnsweredRequest, "answer">): ModelAnswer | undefined {
    if (this.#known.length === 0) return undefined;
    const key = keyOf(question);
    const place = this.#known.findIndex((one) => one.key === key);
    return place < 0 ? undefined : this.#known.splice(place, 1)[0]!.answer;
  }
}

function keyOf({ model, messages, arguments: given }: Omit<AnsweredRequest, "answer">): string {
  return JSON.stringify([model, messages, given]);
}

/** A question on its way. */
interface Question {
  readonly model: LanguageModel;
  readonly role: CallRecord["role"];
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
  /** Asks it; the request is what a cache tells hits by. */
  readonly ask: (request: ModelRequest) => Promise<ModelAnswer>;
}

/** What a sample's evaluation may do, each call being noted. */
export function sampleContext(
  models: AnsweringModels,
  asked: Pick<SampleEpoch, "epoch">,
  notes: SampleNotes,
): SampleContext {
  const { policies, grader, seed, signal, isCached } = models;
  const own = { ...drawOf(asked), signal };
  const answered = async ({ model, role, messages, arguments: given, ask }: Question) => {
    const question = { model: model.name, messages, arguments: given };
    const request = { messages, arguments: given, ...own };
    const start = performance.now();
    const before = notes.take(question);
    const answer = before ?? (await ask(request));
    notes.answers.push({ ...question, answer });
    const milliseconds = performance.now() - start;
    const steps = answer.steps ?? [{ model: model.name, request, answer, milliseconds }];
    const isKnown = (step: ModelStep) => before !== undefined || isCached?.(step.request) === true;
    notes.calls.push(...steps.map((step) => callRecord(step, role, isKnown(step))));
    return answer;
  };
  return {
    seed,
    ask(which, messages, callArguments) {
      const role = which === "grader" ? "grader" : "policy";
      const model = which === "grader" ? grader : policies[which.policy]!;
      const ask = (request: ModelRequest) => model.chat(request);
      return answered({ model, role, messages, arguments: callArguments, ask });
    },
    async complete(prompt, { images, arguments: callArguments }) {
      const model = policies[0]!;
      if (model.complete === undefined) {
        throw new ProviderError(
          `${model.name}: answers conversations only, and this evaluation gives the beginning of a text; take a model of yours, or a server with /completions`,
          { isRetryable: false, concernsAll: true },
        );
      }
      const messages = [documentMessage({ prompt, images })];
      const ask = ({ messages: _, ...request }: ModelRequest) =>
        model.complete!({ prompt, images, ...request });
      return answered({ model, role: "policy", messages, arguments: callArguments, ask });
    },
    async score(prompt, continuations) {
      const model = policies[0]!;
      if (model.score === undefined) {
        throw new ProviderError(
          `${model.name}: tells no log-probabilities of given texts; take a model of yours, or a server that echoes them`,
          { isRetryable: false, concernsAll: true },
        );
      }
      const start = performance.now();
      const likelihoods = await model.score({ prompt, continuations, signal });
      notes.calls.push({
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
  isCached: boolean,
): CallRecord {
  const { texts, finishReasons, usage, unsupported } = answer;
  const isWhole = finishReasons.every((reason) => reason === "stop" || reason === null);
  return {
    ...{ model, role, messages: request.messages, arguments: request.arguments, texts },
    ...(!isWhole && { finishReasons }),
    ...(usage !== undefined && { usage }),
    milliseconds: Math.round(milliseconds),
    isCached,
    ...(unsupported.length > 0 && { unsupported }),
  };
}
