import type { CostForecast, PilotForecast } from "../evaluate/cost/cost-forecast.ts";
import type { Spending } from "../evaluate/cost/cost-meter.ts";
import type { RunPlan } from "../evaluate/run/run-plan.ts";
import { formatCount, formatDuration } from "./number-format.ts";

/** An amount in three digits, down to a hundredth of a cent: `$12.3`, `$0.0421`. */
export function formatDollars(amount: number): string {
  if (amount !== 0 && Math.abs(amount) < 0.0001) return "under $0.0001";
  const digits = Math.abs(amount) >= 100 ? 0 : Math.abs(amount) >= 1 ? 2 : 4;
  return `$${amount.toFixed(digits)}`;
}

/** What a run will take, in a sentence of two: what is known before anything is asked. */
export function forecastText(plan: RunPlan, forecast: CostForecast, concurrency: number): string {
  const { samples, done, cached, unaskable } = plan;
  const beside = [
    ...(done > 0 ? [`${done} done`] : []),
    ...(cached > 0 ? [`${cached} cached`] : []),
    ...(unaskable > 0 ? [`${unaskable} that cannot be asked`] : []),
  ];
  const head = [`${samples} samples`, ...beside].join(", ");
  if (plan.fresh === 0) return `${head}: nothing new is asked`;
  const later = plan.later.reduce((sum, { calls }) => sum + calls, 0);
  const { promptTokens, mostAnswerTokens } = forecast;
  const most =
    mostAnswerTokens === null
      ? "answers as long as the model likes (no max_tokens)"
      : `answers at most ${formatCount(mostAnswerTokens)}`;
  return [
    `${head}, ${plan.fresh} to ask`,
    ...(later > 0 ? [` and about ${later} questions after their first (to a grader, say)`] : []),
    `: prompts about ${formatCount(promptTokens)} tokens (by their bytes), ${most}; `,
    `${costText(forecast)}; how long it takes at ${concurrency} at once is told after the first answers`,
  ].join("");
}

function costText({ promptCost, mostCost }: CostForecast): string {
  if (promptCost === null) {
    return "cost unknown: give --input-price and --output-price (USD per million tokens) or --prices";
  }
  if (promptCost === 0 && mostCost === 0) return "costs nothing";
  const most = mostCost === null ? "without an upper bound" : `at most ${formatDollars(mostCost)}`;
  return `about ${formatDollars(promptCost)} for the prompts alone, ${most} in all`;
}

/** What a run comes to, from its first answers. */
export function pilotText({ n, remaining, cost, seconds }: PilotForecast): string {
  const range = (text: (value: number) => string, { low, high }: { low: number; high: number }) =>
    Number.isNaN(low) ? "" : ` (95 % ${text(low)} to ${text(high)})`;
  const money =
    cost === null
      ? ""
      : `${formatDollars(cost.about)} in all${range(formatDollars, cost.interval)}, `;
  const time = `${formatDuration(seconds.about)}${range(formatDuration, seconds.interval)}`;
  return `from ${n} answered samples: ${money}${time} for the other ${remaining}`;
}

/** Tokens by model and what they cost, in a line; empty when nothing was paid for. */
export function spendingText({ usage, cost }: Spending): string {
  if (usage.length === 0) return "";
  const models = usage.map(({ model, calls, promptTokens, answerTokens, estimatedCalls }) => {
    const sure = estimatedCalls === 0 ? "" : `, ${estimatedCalls} of them estimated`;
    return `${model} ${calls} calls${sure}, ${formatCount(promptTokens)} tokens in, ${formatCount(answerTokens)} out`;
  });
  const money = cost === null || cost === 0 ? "" : `; ${formatDollars(cost)}`;
  return `asked: ${models.join("; ")}${money}\n`;
}
