import { groupBy } from "../../evaluate/group-by.ts";
import { mean } from "../../statistics/quantile.ts";
import type { Random } from "../../statistics/random.ts";
import { type Minimum, minimize, type Objective } from "../minimize.ts";

/** What a model's answers were worth: bits per byte of the right ones, and how many were chosen. */
export interface LinkPoint {
  /** Loss of the right answers; lower is better. */
  readonly soft: number;
  /** In [0, 1]. */
  readonly accuracy: number;
  /** Points of one group, such as checkpoints of a run, are drawn together. */
  readonly group: string;
}

/** How a link is fitted. */
export interface LinkSettings {
  /** The floor, such as 0.25 for four choices; fitted when left out. */
  readonly chance?: number | undefined;
  /** Whether a loss of zero, where the right answer is certain, counts as a point of accuracy 1. */
  readonly isAnchored: boolean;
}

/** An accuracy by the loss of the right answers. */
export interface Link {
  readonly form: LinkName;
  readonly parameters: Readonly<Record<string, number>>;
  /** Standard deviation of the accuracies about it. */
  readonly residual: number;
  /** Whether models of a lower loss choose right less often. */
  readonly isInverse: boolean;
  /** Where a refit begins. */
  readonly variables: readonly number[];
  accuracyAt(soft: number): number;
}

/** A family of links over unbounded variables. */
interface LinkForm {
  /** Accuracy at a loss; fills the slopes by the variables. */
  value(x: ArrayLike<number>, soft: number, slopes: Float64Array): number;
  starts(points: readonly LinkPoint[], direction: number): readonly (readonly number[])[];
  parameters(x: ArrayLike<number>): Readonly<Record<string, number>>;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Not so near the bound that its variable stops moving. */
const logit = (p: number): number => Math.log(p / (1 - p));

/** Floor and height above it from their variables, with their slopes. */
function rangeOf(x: ArrayLike<number>, chance: number | undefined) {
  const floor = chance ?? sigmoid(x[0]!);
  const share = sigmoid(x[1]!);
  return {
    floor,
    height: (1 - floor) * share,
    floorSlope: chance === undefined ? floor * (1 - floor) : 0,
    share,
    heightSlope: (1 - floor) * share * (1 - share),
  };
}

/** Accuracy = floor + (ceiling - floor) / (1 + exp(k (loss - middle))), as OLMo's ladder has it. */
function logistic(chance: number | undefined, direction: number): LinkForm {
  return {
    value(x, soft, slopes) {
      const { floor, height, floorSlope, share, heightSlope } = rangeOf(x, chance);
      const k = direction * Math.exp(x[2]!);
      const s = sigmoid(-k * (soft - x[3]!));
      const bend = height * s * (1 - s);
      slopes[0] = floorSlope * (1 - share * s);
      slopes[1] = heightSlope * s;
      slopes[2] = -bend * k * (soft - x[3]!);
      slopes[3] = bend * k;
      return floor + height * s;
    },
    starts(points) {
      const softs = points.map(({ soft }) => soft).sort((a, b) => a - b);
      const spread = softs.at(-1)! - softs[0]! || 1;
      return [0.1, 0.5, 0.9].flatMap((place) =>
        [2, 6, 20].flatMap((steepness) =>
          [0.6, 0.97].map((share) => [
            ...[logit(0.25), logit(share), Math.log(steepness / spread)],
            softs[Math.floor(place * (softs.length - 1))]!,
          ]),
        ),
      );
    },
    parameters(x) {
      const { floor, height } = rangeOf(x, chance);
      return { floor, ceiling: floor + height, k: direction * Math.exp(x[2]!), middle: x[3]! };
    },
  };
}

/** Accuracy = floor + height exp(-k loss): 1 - error of Gadre et al. 2024, equation 5. */
function exponential(chance: number | undefined, direction: number): LinkForm {
  return {
    value(x, soft, slopes) {
      const floor = chance ?? sigmoid(x[0]!);
      const k = direction * Math.exp(x[2]!);
      const reached = Math.exp(x[1]! - k * soft);
      slopes[0] = chance === undefined ? floor * (1 - floor) : 0;
      slopes[1] = reached;
      slopes[2] = -reached * k * soft;
      return floor + reached;
    },
    starts(points, toward) {
      const [soft, accuracy] = [
        mean(points.map((p) => p.soft)),
        mean(points.map((p) => p.accuracy)),
      ];
      return [0.1, 0.5, 0.9].flatMap((share) =>
        [0.3, 1, 3].map((k) => {
          const height = Math.max(1e-3, accuracy * (1 - share));
          return [logit(accuracy * share), Math.log(height) + toward * k * soft, Math.log(k)];
        }),
      );
    },
    parameters(x) {
      const floor = chance ?? sigmoid(x[0]!);
      return { floor, height: Math.exp(x[1]!), k: direction * Math.exp(x[2]!) };
    },
  };
}

const forms = { logistic, exponential } as const;

/** Names of the links. */
export type LinkName = keyof typeof forms;

/** The links that can be fitted. */
export const linkNames = Object.keys(forms) as readonly LinkName[];

/**
 * Fits a link by least squares of the accuracies.
 *
 * @param from - a link of similar points, where the search begins
 * @see Bhagia et al. 2024, arXiv 2412.04403, section 3.2; Gadre et al. 2024, arXiv 2403.08540
 */
export function fitLink(
  name: LinkName,
  points: readonly LinkPoint[],
  { chance, isAnchored }: LinkSettings,
  from?: Link,
): Link {
  const isInverse = from?.isInverse ?? slopeOf(points) > 0;
  const direction = isInverse ? -1 : 1;
  const form = forms[name](chance, direction);
  const anchor = isAnchored && !isInverse ? [{ soft: 0, accuracy: 1, group: "" }] : [];
  const objective = squares(form, [...points, ...anchor]);
  const starts = from === undefined ? form.starts(points, direction) : [from.variables];
  const best = starts
    .map((start) => minimize(objective, start, { tolerance: 1e-9, maxIterations: 500 }))
    .reduce((least: Minimum, end) => (end.value < least.value ? end : least));
  const slopes = new Float64Array(best.x.length);
  const accuracyAt = (soft: number) => form.value(best.x, soft, slopes);
  const errors = points.map(({ soft, accuracy }) => (accuracyAt(soft) - accuracy) ** 2);
  return {
    form: name,
    parameters: form.parameters(best.x),
    residual: Math.sqrt(mean(errors)),
    isInverse,
    variables: [...best.x],
    accuracyAt,
  };
}

/** The mean squared error, with its gradient. */
function squares(form: LinkForm, points: readonly LinkPoint[]): Objective {
  return (x, gradient) => {
    const slopes = new Float64Array(x.length);
    gradient.fill(0);
    let total = 0;
    for (const { soft, accuracy } of points) {
      const error = form.value(x, soft, slopes) - accuracy;
      total += error * error;
      for (let i = 0; i < x.length; i++) gradient[i]! += 2 * error * slopes[i]!;
    }
    for (let i = 0; i < x.length; i++) gradient[i]! /= points.length;
    return total / points.length;
  };
}

/** Sign and size of the accuracy's slope by the loss, by least squares. */
function slopeOf(points: readonly LinkPoint[]): number {
  const [x, y] = [mean(points.map((p) => p.soft)), mean(points.map((p) => p.accuracy))];
  return points.reduce((sum, p) => sum + (p.soft - x) * (p.accuracy - y), 0);
}

/** Links refitted to groups drawn with replacement. */
export function refitLinks(
  link: Link,
  points: readonly LinkPoint[],
  settings: LinkSettings & { readonly draws: number; readonly random: Random },
): Link[] {
  const groups = [...groupBy(points, ({ group }) => group).values()];
  return Array.from({ length: settings.draws }, () => {
    const drawn = groups.flatMap(() => groups[settings.random.integer(groups.length)]!);
    return fitLink(link.form, drawn, settings, link);
  });
}
