import type { LadderEvent, PlannedRun } from "../scaling/ladder.ts";
import type { StepEvent } from "../train/train-event.ts";
import type { RunRow } from "../workspace/run-row.ts";
import type { Context } from "./context.ts";
import { formatCount, formatDuration, formatFlops } from "./number-format.ts";
import { createProgress, type Progress, type ProgressState } from "./progress.ts";
import { textTable } from "./text-table.ts";
import { trainingProgress } from "./training-progress.ts";

/** Shows planned runs: one alone by its own line, several by how far they are together. */
export function ladderProgress(
  context: Context,
  now: () => number = Date.now,
): { show(event: LadderEvent): void; end(): void } {
  const training = trainingProgress(context);
  let together: Together | undefined;
  let plan: readonly PlannedRun[] | undefined;
  return {
    show(event) {
      if (event.type === "rung-start" && event.plan !== plan) {
        together?.end();
        plan = event.plan;
        together = plan.length > 1 ? new Together(context, plan, now) : undefined;
      }
      if (together !== undefined) together.show(event);
      else if (event.type === "rung-delta") training.show(event.event);
      else if (event.type === "rung-start") context.stderr.write(`${event.run.name}\n`);
      else context.stderr.write(`  ${ending(event)}\n`);
    },
    end() {
      training.end();
      together?.end();
    },
  };
}

type RungEnd = Extract<LadderEvent, { type: "rung-end" }>;

function ending({ row: { lossNats, seconds }, reused }: RungEnd): string {
  const how = reused ? "was done already" : `in ${formatDuration(seconds)}`;
  return `loss ${lossNats?.toFixed(4)} nats per token, ${how}`;
}

/** Runs that are named in the line; with more, how many more there are. */
const mostNamed = 3;

/** Several runs, some of them side by side. */
class Together {
  readonly #progress: Progress;
  readonly #plan: readonly PlannedRun[];
  readonly #now: () => number;
  readonly #beganAt: number;
  /** Of the runs that go on, what they told last. */
  readonly #going = new Map<PlannedRun, StepEvent>();
  readonly #ended = new Map<PlannedRun, RungEnd>();

  constructor(context: Context, plan: readonly PlannedRun[], now: () => number) {
    this.#progress = createProgress(context, "runs", now);
    this.#plan = plan;
    this.#now = now;
    this.#beganAt = now();
  }

  show(event: LadderEvent): void {
    if (event.type === "rung-end") {
      this.#going.delete(event.run);
      this.#ended.set(event.run, event);
      const count = `${this.#ended.size} of ${this.#plan.length}`;
      this.#progress.note(`${event.run.name}: ${ending(event)} (${count})`);
      if (this.#isDone()) this.#progress.update(this.#state()); // what was held back is old
    } else if (event.type === "rung-delta" && event.event.type === "step-delta") {
      this.#going.set(event.run, event.event);
      this.#progress.update(this.#state());
    }
  }

  end(): void {
    this.#progress.end();
  }

  #isDone(): boolean {
    return this.#ended.size === this.#plan.length;
  }

  #state(): ProgressState {
    const going = [...this.#going];
    const named = going.slice(0, mostNamed).map(([{ settings }, { step, steps, lossNats }]) => {
      const name = `depth ${settings.depth} seed ${settings.seed}`;
      return [name, `${name} ${Math.floor((100 * step) / steps)}% loss ${lossNats.toFixed(3)}`];
    });
    const more = going.length - named.length;
    return {
      done: this.#ended.size,
      total: this.#plan.length,
      secondsLeft: this.#secondsLeft(),
      parts: { ...Object.fromEntries(named), ...(more > 0 && { more: `${more} more` }) },
      values: { going: going.map(([{ name }, progress]) => ({ ...progress, name })) },
    };
  }

  /** By the FLOPs that were trained since the beginning. */
  #secondsLeft(): number {
    if (this.#isDone()) return 0;
    const flopsOf = (runs: readonly PlannedRun[]) =>
      runs.reduce((sum, { flops }) => sum + flops, 0);
    const under = [...this.#going].reduce(
      (sum, [{ flops }, { step, steps }]) => sum + (flops * step) / steps,
      0,
    );
    const trained = [...this.#ended.values()].flatMap(({ run, reused }) => (reused ? [] : [run]));
    const perSecond = (flopsOf(trained) + under) / ((this.#now() - this.#beganAt) / 1000);
    return (flopsOf(this.#plan) - flopsOf([...this.#ended.keys()]) - under) / perSecond;
  }
}

/** The runs of a ladder, a line each. */
export function ladderTable(rows: readonly RunRow[]): string {
  const right = "right" as const;
  const columns = [
    { title: "run" },
    { title: "depth", align: right },
    { title: "seed", align: right },
    { title: "parameters", align: right },
    { title: "tokens", align: right },
    { title: "FLOPs", align: right },
    { title: "loss (nats)", align: right },
    { title: "time", align: right },
  ];
  const cells = rows.map((row) => [
    row.id,
    String(row.depth ?? ""),
    String(row.seed),
    formatCount(row.parametersTotal),
    formatCount(row.tokensSeen),
    formatFlops(row.flops),
    `${row.lossNats?.toFixed(4)} ± ${row.lossStandardError?.toFixed(4)}`,
    formatDuration(row.seconds),
  ]);
  return textTable(columns, cells);
}
