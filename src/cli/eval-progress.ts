import type { SampleEnd } from "../evaluate/run/run-eval.ts";
import type { SampleRecord } from "../evaluate/run/sample-record.ts";
import { wilsonInterval } from "../statistics/intervals.ts";
import type { Context } from "./context.ts";
import { createProgress } from "./progress.ts";

/** Shows how far an evaluation is, and its first score so far with its interval. */
export function evalProgress(
  context: Context,
  {
    name,
    samples,
    done,
  }: {
    readonly name: string;
    readonly samples: number;
    readonly done: ReadonlyMap<string, SampleRecord>;
  },
): { show(event: SampleEnd): void; end(): void } {
  const progress = createProgress(context, name);
  const start = Date.now();
  const state = { reached: done.size, scored: 0, sum: 0, isShare: true, errors: 0, tokens: 0 };
  const count = ({ scores, error, calls }: SampleRecord) => {
    const value = Object.values(scores)[0]?.value ?? null;
    if (error !== undefined) state.errors++;
    for (const { usage, isCached } of calls)
      if (!isCached) state.tokens += usage?.total_tokens ?? 0;
    if (value === null) return;
    state.scored++;
    state.sum += value;
    state.isShare &&= value === 0 || value === 1;
  };
  for (const record of done.values()) count(record);
  return {
    show({ record }) {
      count(record);
      state.reached++;
      const { reached, scored, sum, errors, tokens } = state;
      const secondsLeft =
        ((Date.now() - start) / 1000 / (reached - done.size)) * (samples - reached);
      progress.update({
        ...{ done: reached, total: samples, secondsLeft },
        parts: {
          ...(scored > 0 && { score: scoreText(state) }),
          ...(errors > 0 && { errors: `${errors} failed` }),
          ...(tokens > 0 && { tokens: `${tokens} tokens` }),
        },
        values: { scored, sum, errors, tokens },
      });
    },
    end: () => progress.end(),
  };
}

function scoreText({
  scored,
  sum,
  isShare,
}: {
  readonly scored: number;
  readonly sum: number;
  readonly isShare: boolean;
}): string {
  const mean = (sum / scored).toFixed(3);
  if (!isShare) return mean;
  const { low, high } = wilsonInterval(sum, scored);
  return `${mean} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
