import { pilotForecast, pilotSamples } from "../evaluate/cost/cost-forecast.ts";
import type { CostMeter } from "../evaluate/cost/cost-meter.ts";
import type { LogHeader, SampleRecord } from "../evaluate/log/sample-record.ts";
import type { ProviderWait } from "../evaluate/pacing/pacer.ts";
import type { SampleEnd } from "../evaluate/run/run-eval.ts";
import type { RunPlan } from "../evaluate/run/run-plan.ts";
import { wilsonInterval } from "../statistics/intervals.ts";
import type { Context } from "./context.ts";
import { formatDollars, pilotText } from "./eval-cost-text.ts";
import { createProgress } from "./progress.ts";
import { waitNotes } from "./provider-pacing.ts";

/** A run whose progress is shown. */
export interface ShownRun {
  readonly header: LogHeader;
  readonly done: ReadonlyMap<string, SampleRecord>;
  readonly cost?: RunCostShown | undefined;
}

/** What a run's cost is told from. */
interface RunCostShown {
  readonly plan: RunPlan;
  /** The forecast in words. */
  readonly text: string;
  readonly meter: CostMeter;
  readonly concurrency: number;
}

/**
 * Shows how far an evaluation is, its first score so far with its interval, and what it has cost; the
 * forecast first, and once more from the first answers.
 */
export function evalProgress(
  context: Context,
  run: ShownRun,
): { show(event: SampleEnd): void; wait(wait: ProviderWait): void; end(): void } {
  const { header, done, cost } = run;
  const { epochs = 1 } = header;
  const total = header.samples * epochs;
  const progress = createProgress(context, header.task);
  const start = Date.now();
  const scores = { scored: 0, sum: 0, isShare: hasPlainScore(header), errors: 0 };
  for (const record of done.values()) countScore(scores, record);
  let reached = done.size;
  let asked = 0;
  let isWarned = epochs === 1;
  if (cost !== undefined) progress.note(cost.text);
  return {
    show({ record }) {
      countScore(scores, record);
      reached++;
      if (record.calls.some(({ isCached }) => !isCached)) asked++;
      if (!isWarned && isAskedAtZero(record)) {
        progress.note("at temperature 0 the answers of all epochs are alike; give --temperature");
        isWarned = true;
      }
      const seconds = (Date.now() - start) / 1000;
      const { parts, values } =
        cost === undefined
          ? { parts: {}, values: {} }
          : costParts(cost, progress, { asked, left: total - reached });
      progress.update({
        ...{ done: reached, total },
        secondsLeft: (seconds / (reached - done.size)) * (total - reached),
        parts: { ...scoreParts(scores), ...parts },
        values: { scored: scores.scored, sum: scores.sum, errors: scores.errors, ...values },
      });
    },
    wait: waitNotes(progress),
    end: () => progress.end(),
  };
}

/** Whether the first score's values are independent, and right or wrong if they look so. */
function hasPlainScore({ epochs = 1, cluster, scoreKinds = {} }: LogHeader): boolean {
  const [kind = "binary"] = Object.values(scoreKinds);
  return epochs === 1 && cluster === undefined && kind === "binary";
}

function isAskedAtZero({ calls }: SampleRecord): boolean {
  const asked = calls.filter(({ role }) => role === "policy");
  return asked.length > 0 && asked.every((call) => call.arguments["temperature"] === 0);
}

interface ScoreState {
  scored: number;
  sum: number;
  isShare: boolean;
  errors: number;
}

function countScore(state: ScoreState, { scores, error }: SampleRecord): void {
  const value = Object.values(scores)[0]?.value ?? null;
  if (error !== undefined) state.errors++;
  if (value === null) return;
  state.scored++;
  state.sum += value;
  state.isShare &&= value === 0 || value === 1;
}

/** The score so far, and failures. */
function scoreParts(state: ScoreState) {
  const { scored, errors } = state;
  return {
    ...(scored > 0 && { score: scoreText(state) }),
    ...(errors > 0 && { errors: `${errors} failed` }),
  };
}

/** Tokens and what they cost; once, from the first answers, what the whole will come to. */
function costParts(
  { plan, meter, concurrency }: RunCostShown,
  progress: Pick<ReturnType<typeof createProgress>, "note">,
  { asked, left: unreached }: { readonly asked: number; readonly left: number },
) {
  const left = Math.max(0, Math.min(plan.fresh - asked, unreached));
  // the quick ones of those that began together would make too low a forecast
  if (asked === Math.max(pilotSamples, concurrency) && left > 0) {
    const forecast = pilotForecast(meter, { remaining: left, concurrency });
    if (forecast !== undefined) progress.note(pilotText(forecast));
  }
  const { usage, cost } = meter.spending();
  const tokens = usage.reduce((all, one) => all + one.promptTokens + one.answerTokens, 0);
  const perSample = meter.means.cost.mean;
  const total = cost === null || Number.isNaN(perSample) ? null : cost + left * perSample;
  const isPaid = cost !== null && cost > 0;
  const inAll = total === null ? "" : ` of about ${formatDollars(total)}`;
  return {
    parts: {
      ...(tokens > 0 && { tokens: `${tokens} tokens` }),
      ...(isPaid && { cost: `${formatDollars(cost)}${inAll}` }),
    },
    values: { tokens, cost, forecastCost: total },
  };
}

function scoreText({ scored, sum, isShare }: ScoreState): string {
  const mean = (sum / scored).toFixed(3);
  if (!isShare) return mean;
  const { low, high } = wilsonInterval(sum, scored);
  return `${mean} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
