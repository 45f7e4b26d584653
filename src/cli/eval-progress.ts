import type { SampleEnd } from "../evaluate/run/run-eval.ts";
import type { LogHeader, SampleRecord } from "../evaluate/run/sample-record.ts";
import { wilsonInterval } from "../statistics/intervals.ts";
import type { Context } from "./context.ts";
import { createProgress } from "./progress.ts";

/** Shows how far an evaluation is, and its first score so far with its interval. */
export function evalProgress(
  context: Context,
  {
    header,
    done,
  }: { readonly header: LogHeader; readonly done: ReadonlyMap<string, SampleRecord> },
): { show(event: SampleEnd): void; end(): void } {
  const { epochs = 1 } = header;
  const total = header.samples * epochs;
  const progress = createProgress(context, header.task);
  const start = Date.now();
  const isShare = hasPlainScore(header);
  const state = { reached: done.size, scored: 0, sum: 0, isShare, errors: 0, tokens: 0 };
  let isWarned = epochs === 1;
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
      if (!isWarned && isAskedAtZero(record)) {
        progress.note("at temperature 0 the answers of all epochs are alike; give --temperature");
        isWarned = true;
      }
      const secondsLeft = ((Date.now() - start) / 1000 / (reached - done.size)) * (total - reached);
      progress.update({
        ...{ done: reached, total, secondsLeft },
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

/** Whether the first score's values are independent, and right or wrong if they look so. */
function hasPlainScore({ epochs = 1, cluster, scoreKinds = {} }: LogHeader): boolean {
  const [kind = "binary"] = Object.values(scoreKinds);
  return epochs === 1 && cluster === undefined && kind === "binary";
}

function isAskedAtZero({ calls }: SampleRecord): boolean {
  const asked = calls.filter(({ role }) => role === "policy");
  return asked.length > 0 && asked.every((call) => call.arguments["temperature"] === 0);
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
