import { mean } from "../statistics/quantile.ts";
import { ScalingRefusal } from "./refusal.ts";

/** What a law needs of a run: a row of the run table fits. */
export interface LadderPoint {
  readonly id: string;
  /** Training compute. */
  readonly flops: number;
  /** Nats per token on the fixed held-out sets. */
  readonly lossNats: number;
  readonly seed: number;
}

/** All runs of one compute, which differ only in their seed. */
export interface ComputeLevel {
  readonly flops: number;
  /** Mean over the runs. */
  readonly lossNats: number;
  readonly points: readonly LadderPoint[];
}

/** Fewest compute levels that a law with three parameters is fitted to. */
export const fewestLevels = 4;
/** Least ratio of the largest to the smallest compute. */
export const leastSpan = 10;
// Runs of one rung count as one level although rounding may move their FLOPs a little.
const sameFlops = 1e-6;

/**
 * Groups runs by compute, ascending.
 *
 * @throws {ScalingRefusal} `not-finite` when a compute or loss is not a positive finite number
 */
export function computeLevels(points: readonly LadderPoint[]): readonly ComputeLevel[] {
  for (const point of points) checkPoint(point);
  const groups: LadderPoint[][] = [];
  for (const point of [...points].sort((x, y) => x.flops - y.flops)) {
    const group = groups.at(-1);
    const flops = group?.[0]?.flops ?? 0;
    if (group !== undefined && point.flops <= flops * (1 + sameFlops)) group.push(point);
    else groups.push([point]);
  }
  return groups.map((group) => ({
    flops: mean(group.map((point) => point.flops)),
    lossNats: mean(group.map((point) => point.lossNats)),
    points: group,
  }));
}

function checkPoint({ id, flops, lossNats }: LadderPoint): void {
  for (const [name, value] of [
    ["flops", flops],
    ["lossNats", lossNats],
  ] as const) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new ScalingRefusal(
      "not-finite",
      `Run ${id}: expected a positive finite ${name}, got ${value}. Leave out runs that diverged or did not end.`,
    );
  }
}

/**
 * Checks that the levels can carry a law with three parameters.
 *
 * @throws {ScalingRefusal} `too-few-levels` below 4 computes, `narrow-span` below one decade
 */
export function checkLevels(levels: readonly ComputeLevel[]): void {
  if (levels.length < fewestLevels) {
    throw new ScalingRefusal(
      "too-few-levels",
      `Loss law: expected runs at ${fewestLevels} or more different computes, got ${levels.length}. Train more rungs.`,
    );
  }
  const span = (levels.at(-1)?.flops ?? 0) / (levels[0]?.flops ?? 1);
  if (span < leastSpan) {
    throw new ScalingRefusal(
      "narrow-span",
      `Loss law: expected the largest compute to be at least ${leastSpan} times the smallest, got ${span.toPrecision(3)} times. Add a smaller or a larger rung.`,
    );
  }
}
