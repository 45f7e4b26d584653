import { documentMessage } from "../../language-model/document-message.ts";
import type {
  CompletionRequest,
  LanguageModel,
  ModelAnswer,
  ModelRequest,
  ScoreRequest,
} from "../../language-model/language-model.ts";
import { plainModel } from "../../language-model/plain-model.ts";
import { callTokens, scoreTokens, usageTokens } from "./call-tokens.ts";
import { costOf, type TokenPrices } from "./prices.ts";
import { mostAnswerTokens, promptTokens } from "./token-estimate.ts";

/** Thrown instead of a call that could cost more than is left; the sample is as if not begun. */
export class CostLimitReached extends Error {}

/** Taken for the longest answer of a call without `max_tokens`, until answers have come. */
const assumedAnswerTokens = 1024;

/**
 * What may be spent. A call begins only when what was spent, all calls under way at their longest and
 * this one fit into it; it waits for others that may turn out cheaper, and when none is under way the
 * budget is exhausted. A call that fails counts as free, as providers bill answers.
 */
export class CostBudget {
  /** USD. */
  readonly most: number;
  /** USD. */
  spent = 0;
  /** Whether a call was refused; every later one is, too. */
  isExhausted = false;
  #underWay = 0;
  #calls = 0;
  #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.most = most;
  }

  /**
   * Makes a call within the budget.
   *
   * @param mostCost - USD that it costs at the most, asked again after each wait
   * @param costOfResult - USD that it cost
   * @throws {CostLimitReached} when it may cost more than is left
   */
  async pay<Result>(
    mostCost: () => number,
    call: () => Promise<Result>,
    costOfResult: (result: Result) => number,
  ): Promise<Result> {
    const reserved = await this.#reserve(mostCost);
    try {
      const result = await call();
      this.spent += costOfResult(result);
      return result;
    } finally {
      this.#calls--;
      this.#underWay = this.#calls === 0 ? 0 : this.#underWay - reserved;
      for (const go of this.#waiting.splice(0)) go();
    }
  }

  async #reserve(mostCost: () => number): Promise<number> {
    for (;;) {
      const cost = mostCost();
      const fits = this.spent + this.#underWay + cost <= this.most;
      if (fits && !this.isExhausted) {
        this.#underWay += cost;
        this.#calls++;
        return cost;
      }
      if (this.isExhausted || this.#calls === 0) {
        this.isExhausted = true;
        for (const go of this.#waiting.splice(0)) go();
        throw new CostLimitReached(`--max-cost ${this.most} is reached`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** What an answer is paid for by. */
type Asked = Pick<ModelRequest, "messages" | "arguments">;

/**
 * A model whose calls are paid from a budget. Prompts are estimated by their bytes; as answers tell
 * their tokens, by the largest ratio so far.
 */
export function budgeted(
  model: LanguageModel,
  prices: TokenPrices,
  budget: CostBudget,
): LanguageModel {
  const seen = { ratio: 1, longest: 0 };
  const mostOf = ({ messages, arguments: given }: Asked) => {
    const unbounded = seen.longest === 0 ? assumedAnswerTokens : seen.longest;
    return costOf(
      {
        promptTokens: seen.ratio * promptTokens(messages, given),
        answerTokens: mostAnswerTokens(given) ?? unbounded,
        ...{ cachedTokens: 0, isEstimated: true },
      },
      prices,
    );
  };
  const costOfAnswer = (asked: Asked, { texts, usage }: ModelAnswer) => {
    const tokens = usage ? usageTokens(usage) : callTokens({ ...asked, texts });
    const estimate = promptTokens(asked.messages, asked.arguments);
    seen.ratio = Math.max(seen.ratio, tokens.promptTokens / Math.max(1, estimate));
    seen.longest = Math.max(seen.longest, tokens.answerTokens);
    return costOf(tokens, prices);
  };
  const paid = (asked: Asked, call: () => Promise<ModelAnswer>) =>
    budget.pay(
      () => mostOf(asked),
      call,
      (answer) => costOfAnswer(asked, answer),
    );
  const { complete } = plainModel(model);
  return {
    ...plainModel(model),
    chat: (request) => paid(request, () => model.chat(request)),
    ...(complete !== undefined && {
      complete: (request: CompletionRequest) =>
        paid({ ...request, messages: [documentMessage(request)] }, () => complete(request)),
    }),
    ...(model.score !== undefined && {
      score: (request: ScoreRequest) => {
        const cost = costOf(scoreTokens(request), prices);
        return budget.pay(
          () => cost,
          () => model.score!(request),
          () => cost,
        );
      },
    }),
  };
}
